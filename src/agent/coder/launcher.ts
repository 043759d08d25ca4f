import { keepShieldedScript } from "../../contracts/shielded-variables.ts";

/** Where the program finds its agent's files. */
export const coderFolderVariable = "PREWARM_CODER_FOLDER";

/** In that folder; it says where the agent's socket is. */
export const socketFileName = "socket";

/**
 * The command `coder`: a script, as the agent's program may be Node with a file, or one file. Git starts it for each
 * connection, so `gitssh` does without Node; the owner's key is offered by the agent's socket (SSH_AUTH_SOCK).
 */
export function launcherScript(folder: string, program: readonly string[]): string {
  return `#!/bin/sh
# The command coder of this workspace's agent.
if [ "$1" = gitssh ]; then
  shift
  [ "$1" != -- ] || shift
  exec ssh -o StrictHostKeyChecking=accept-new "$@"
fi
${keepShieldedScript}
export ${coderFolderVariable}=${quoted(folder)}
exec ${program.map(quoted).join(" ")} "$@"
`;
}

/** A word of `sh` that means exactly this text. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
