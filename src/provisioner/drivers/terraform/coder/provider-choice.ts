import type { Manifest } from "../../../../contracts/manifest.ts";
import { CodedError } from "../../../../contracts/errors.ts";

/** Who answers for `coder/coder`: this daemon, or the original provider from where Terraform installs providers. */
export type CoderProviderChoice = "builtin" | "registry";

export function coderProviderOf({ terraform }: Pick<Manifest, "terraform">): CoderProviderChoice {
  return terraform?.coder_provider ?? "builtin";
}

/** How to do without the original provider. */
export const backToBuiltin =
  "Or take `coder_provider: registry` out of the section `terraform` of template.yaml and push the template again: " +
  "Prewarm answers for coder/coder itself then, and nothing is installed for it";

/** An `init` that could not install the original provider, with what can be done about it. */
export function withCoderProvider(error: CodedError, printed: string): CodedError {
  // Terraform breaks its lines where they are long.
  const text = printed.replaceAll(/[\s│╷╵]+/g, " ");
  if (!text.includes("coder/coder")) return error;
  // To try again changes nothing about a mirror that does not have it.
  const isNowhere = /not found in any of the search locations|does not have a provider named/.test(text);
  return new CodedError(isNowhere ? "invalid_template" : error.code, error.message, {
    cause: error,
    problems: error.problems,
    next:
      "The template asks for the original provider coder/coder (`coder_provider: registry`), which could not be installed. " +
      `Have it in the registry or the mirror that this provisioner's Terraform takes providers from. ${backToBuiltin}.`,
  });
}

const lockedProvider = /provider "([^"/]+)\/coder\/coder" \{\s*version\s*=\s*"([^"]+)"/;

/** Who serves, for the log of an import. @param lockFile as the `init` of the version has left it */
export function servedBy(choice: CoderProviderChoice, lockFile: string | null): string {
  if (choice === "builtin") {
    return "coder/coder is served by Prewarm, which is not affiliated with or endorsed by Coder Technologies, Inc.";
  }
  const [, host, version] = lockedProvider.exec(lockFile ?? "") ?? [];
  return host === undefined || version === undefined
    ? "coder/coder is the original provider, as this host's Terraform finds it"
    : `coder/coder ${version} from ${host}, as this host's Terraform installs it`;
}
