import type { ServerConfig } from "../platform/config/server-options.ts";

type Names = Readonly<Record<string, keyof ServerConfig>>;

/**
 * Values of the configuration under the names by which a part knows them, each read anew at each use, as it may change
 * while the server runs (`live-options.ts`); with what else the part is given. A copy of it by `...` would keep what was.
 */
export function fromConfig<const Given extends Names, Rest extends object>(
  config: ServerConfig,
  names: Given,
  rest: Rest,
): { readonly [Name in keyof Given]: ServerConfig[Given[Name]] } & Rest {
  const getters = Object.entries(names).map(
    ([name, option]) => [name, { enumerable: true, get: () => config[option] }] as const,
  );
  // Each of the names has its getter now.
  return Object.defineProperties({ ...rest }, Object.fromEntries(getters)) as {
    readonly [Name in keyof Given]: ServerConfig[Given[Name]];
  } & Rest;
}
