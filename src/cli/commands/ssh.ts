import { createHash } from "node:crypto";
import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { isSameServer } from "../contexts.ts";
import { exitCodes } from "../exit-codes.ts";
import { type Invocation, requireAccess } from "../invocation.ts";
import { readSections } from "../ssh/config-files.ts";
import { knownHostsPath } from "../ssh/ssh-folder.ts";
import { parseSshHost, prefixDefault, sshHostOf } from "../../contracts/ssh-host.ts";
import { sshSettings } from "../ssh/ssh-settings.ts";
import { type StartMode, startModes } from "../../contracts/start-rule.ts";

interface SshOptions {
  /** `NAME` or `OWNER/NAME`. */
  readonly workspace: string;
  readonly agent: string | undefined;
  /** For `ssh`, as they were typed: its options, and the command. */
  readonly words: readonly string[];
  readonly start: StartMode;
}

function read(input: CommandInput): SshOptions {
  if (input.isOn("stdio")) input.refuse("--stdio comes first: prewarm ssh --stdio HOST.");
  const named = input.operand(0);
  const host = parseSshHost(named, prefixDefault);
  if (host === undefined) input.refuse(`"${named}" is no name of a workspace.`);
  return {
    workspace: host.workspace,
    agent: input.text("agent") ?? host.agent ?? undefined,
    words: input.operands(1),
    start: input.choice("start", startModes) ?? "always",
  };
}

async function run(options: SshOptions, invocation: Invocation): Promise<number> {
  try {
    return await connect(options, invocation);
  } catch (error) {
    invocation.output.error(error);
    return exitCodes.notReached;
  }
}

async function connect(options: SshOptions, invocation: Invocation): Promise<number> {
  const { world } = invocation;
  const organization = invocation.organization.organization ?? null;
  // Nobody waits for a program that has nowhere to go.
  const { url } = await requireAccess(world);
  const prefix = await prefixOf(invocation, url, organization);
  const deployment = { url, prefix, context: world.context ?? world.env["PREWARM_CONTEXT"] ?? null, organization };
  const { workspace, agent, words, start } = options;
  const knownHosts = knownHostsPath(world);
  const settings = sshSettings({ deployment, program: world.program, knownHosts, start });
  const host = sshHostOf(workspace, { prefix, ...(agent === undefined ? {} : { agent }) });
  try {
    return await world.runProgram("ssh", [
      ...settings.flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      host,
      ...words,
    ]);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause;
    throw new CodedError("not_found", "There is no `ssh` on this machine.", {
      cause,
      next:
        "Install OpenSSH's client (`apt install openssh-client`, `dnf install openssh-clients`, `apk add openssh-client`); " +
        `without it, \`prewarm exec -it ${workspace} -- sh\` gives a shell.`,
    });
  }
}

/** The names that the person knows from `config-ssh`; else one that no other deployment has, for the file of keys. */
async function prefixOf({ world }: Invocation, url: string, organization: string | null): Promise<string> {
  const sections = await readSections(world);
  const own = sections.find(
    ({ deployment }) => isSameServer(deployment.url, url) && deployment.organization === organization,
  );
  if (own !== undefined) return own.deployment.prefix;
  const tag = createHash("sha256")
    .update(JSON.stringify([url, organization]))
    .digest("hex")
    .slice(0, 8);
  return `prewarm-${tag}.`;
}

export const sshCommand = defineCommand<SshOptions>({
  usage: "ssh <workspace> [words...]",
  summary: "a shell in a workspace, or a command, over ssh; starts it when it is stopped",
  notes:
    "Runs the `ssh` of this machine, whose exit code it answers, or 255 when the workspace is not reached. Options of " +
    "prewarm come before the workspace; whatever comes after it is for ssh, as if the workspace were its host: -L, -R, -D, " +
    "-A, -t, -N, and the command, best after --. Your ~/.ssh/config holds, too. The workspace's key is checked at each " +
    "connection. It needs no `config-ssh`, which is for what calls ssh itself.\n\n" +
    "`prewarm ssh --stdio HOST` is what ssh calls as its ProxyCommand. It starts a stopped workspace as well, but not one " +
    "that was stopped within 15 minutes while this machine was connected to it: an editor that reconnects by itself " +
    "undoes no stop. --start always or never says otherwise.",
  example: "prewarm ssh dev -L 3000:localhost:3000 -- make test",
  options: [
    { flags: "--agent <name>", about: "the agent to go to; the workspace's first unless said" },
    {
      flags: "--start <when>",
      choices: startModes,
      about: `${startModes.join(", ")}: whether it is started; always unless said`,
    },
    { flags: "--stdio", about: "for ssh: be its ProxyCommand; comes first, see above" },
  ],
  isOrganizational: true,
  isPassedThrough: true,
  read,
  run,
});
