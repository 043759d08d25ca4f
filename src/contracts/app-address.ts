/**
 * Addresses of what workspaces serve over HTTP: `<app or port>-<workspace>[-<agent>].<apps host>`. A workspace is named by
 * the last twelve digits of its id, so that its name is told to nobody and the label stays below the 63 characters that
 * there may be.
 */
export interface AppAddress {
  readonly what: AppRef;
  /** Last group of the workspace's id. */
  readonly shortId: string;
  /** From 1 on, in the order of the template. */
  readonly agentNumber: number;
}

/** An app of the template, or a port that nobody declared. */
export type AppRef =
  | { readonly kind: "app"; readonly name: string }
  | { readonly kind: "port"; readonly port: number; readonly isTls: boolean };

export const appNamePattern = "^[a-z0-9]+(-[a-z0-9]+)*$";
export const appNameLengthMax = 32;
/** Of the apps' addresses, where the server is only reached from its own machine: browsers resolve it by themselves. */
export const loopbackAppsHost = "apps.localhost";

const portMax = 65_535;
const labelPattern = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-([0-9a-f]{12})(?:-([1-9]))?$/;

export function shortWorkspaceId(id: string): string {
  return id.slice(-12);
}

export function appLabel({ what, shortId, agentNumber }: AppAddress): string {
  return `${appRefText(what)}-${shortId}${agentNumber === 1 ? "" : `-${agentNumber}`}`;
}

/** `code`, `3000`, and `8443s` for a port that speaks TLS. */
export function appRefText(what: AppRef): string {
  return what.kind === "app" ? what.name : `${what.port}${what.isTls ? "s" : ""}`;
}

/** @returns undefined for a port that there is none of. */
export function parseAppRef(text: string): AppRef | undefined {
  const [, digits, tls] = /^(\d+)(s?)$/.exec(text) ?? [];
  if (digits === undefined) return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) ? { kind: "app", name: text } : undefined;
  const port = Number(digits);
  return port >= 1 && port <= portMax ? { kind: "port", port, isTls: tls === "s" } : undefined;
}

/**
 * Which app a request is for.
 * @param host the request's `Host`.
 * @returns `none`: it is not below the apps' host; `unknown`: it is, and names nothing.
 */
export function parseAppHost(
  host: string,
  appsHost: string,
): { readonly kind: "none" | "unknown" } | { readonly kind: "app"; readonly address: AppAddress } {
  const name = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  if (!name.endsWith(`.${appsHost}`)) return { kind: "none" };
  const [, text, shortId, nth] = labelPattern.exec(name.slice(0, -appsHost.length - 1)) ?? [];
  if (text === undefined || shortId === undefined) return { kind: "unknown" };
  const what = parseAppRef(text);
  if (what === undefined) return { kind: "unknown" };
  return { kind: "app", address: { what, shortId, agentNumber: Number(nth ?? 1) } };
}
