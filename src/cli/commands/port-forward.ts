import { isLoopbackHost } from "../../contracts/loopback.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { type Forward, parseForward } from "../tunnel/forward-spec.ts";
import { listenLocally, type LocalPort, refusedLine, untilSignalled } from "../tunnel/local-port.ts";
import { portTarget, socketTarget } from "../tunnel/tunnel-target.ts";

interface ForwardOptions {
  readonly workspace: string;
  readonly forwards: readonly Forward[];
  readonly bind: string;
  readonly agent: string | null;
  readonly isStrict: boolean;
}

function read(input: CommandInput): ForwardOptions {
  const forwards = input.operands(1).flatMap((word) => {
    const forward = parseForward(word);
    return typeof forward === "string" ? input.refuse(`${forward}.`) : forward;
  });
  return {
    workspace: input.operand(0),
    forwards,
    bind: input.text("bind") ?? "127.0.0.1",
    agent: input.text("agent") ?? null,
    isStrict: input.isOn("strict"),
  };
}

async function run(options: ForwardOptions, invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const { bind, agent, isStrict } = options;
  const client = await invocation.connect();
  const workspace = await findWorkspace(client, options.workspace, invocation);
  if (!isLoopbackHost(bind)) output.progress(`Whoever reaches ${bind} reaches the workspace's ports.`);
  const ports: LocalPort[] = [];
  try {
    for (const { localPort, remote } of options.forwards) {
      const where = { workspaceId: workspace.id, agent };
      const target =
        typeof remote === "number"
          ? portTarget(client, { ...where, port: remote })
          : socketTarget(client, { ...where, path: remote });
      const onRefused = (error: unknown): void => output.progress(refusedLine(workspace.name, remote, error));
      const local = await listenLocally({ bind, port: localPort, isStrict, target, onRefused });
      ports.push(local);
      const moved = localPort === 0 || local.port === localPort ? "" : ` (${localPort} is taken)`;
      output.announce(`${bind}:${local.port} → ${printable(workspace.name)}:${printable(String(remote))}${moved}`);
    }
    output.progress("Ends with Ctrl-C.");
    await untilSignalled(invocation.world);
    return exitCodes.done;
  } finally {
    for (const local of ports) local.close();
  }
}

export const portForwardCommand = defineCommand<ForwardOptions>({
  usage: "port-forward <workspace> <port...>",
  summary: "reach ports of a workspace on this machine",
  notes:
    "LOCAL, LOCAL:REMOTE or a range (3000-3005); [LOCAL:]unix:/PATH leads to a socket of the workspace. TCP only. A local port that is taken moves to the next that is free. " +
    "Connections survive a lost line, and a server that is replaced, for a minute; new ones are refused while there is no way.",
  example: "prewarm port-forward dev 3000 8080:80",
  options: [
    { flags: "--bind <address>", about: "local address to listen on; 127.0.0.1 unless said" },
    { flags: "--agent <name>", about: "the agent to go through; the workspace's first unless said" },
    { flags: "--strict", about: "fail when a local port is taken" },
  ],
  isOrganizational: true,
  read,
  run,
});
