import { certificateVariables, shieldedVariables } from "../../contracts/shielded-variables.ts";
import { quoted } from "../coder/launcher.ts";
import { gitCredentialArgument } from "./credential-program.ts";

type Variables = Readonly<Record<string, string>>;

/**
 * These variables, with which git asks the agent for tokens, too. Settings that come by variables are read last: helpers
 * that a person has set for himself go before, and nothing is written into his files. Those that a template or a secret
 * sets in the same way stay.
 */
export function withGitHelper(given: Variables, helper: string | undefined): Variables {
  const variables = { ...coderGit(given, helper), ...given };
  if (helper === undefined) return variables;
  const said = variables["GIT_CONFIG_COUNT"] ?? "0";
  // What is no number stops git already, and is not for us to mend.
  if (!/^\d{1,4}$/.test(said)) return variables;
  const count = Number(said);
  return {
    ...variables,
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: "credential.helper",
    [`GIT_CONFIG_VALUE_${count}`]: helper,
  };
}

/**
 * What scripts written for Coder look for, where there is the command `coder`, and what it would ask for: the owner's tokens,
 * and his key, which the agent's socket offers.
 */
function coderGit(given: Variables, helper: string | undefined): Variables {
  const { PREWARM_CODER_PROGRAM: program, SSH_AUTH_SOCK: keys, GIT_SSH: ssh } = given;
  if (program === undefined) return {};
  return {
    ...(helper === undefined ? {} : { GIT_ASKPASS: program }),
    ...(keys === undefined || ssh !== undefined ? {} : { GIT_SSH_COMMAND: `${quoted(program)} gitssh --` }),
  };
}

/** What git has `sh` run, with its operation behind it. What the agent is kept from, its program is kept from here, too. */
export function helperCommand(program: readonly string[], socket: string): string {
  const words = [...program, gitCredentialArgument, socket].map(quoted);
  return `!unset ${[...shieldedVariables, ...certificateVariables].join(" ")}; exec ${words.join(" ")}`;
}
