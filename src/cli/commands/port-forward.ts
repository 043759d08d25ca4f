import { createServer, type Server, type Socket } from "node:net";
import { CodedError } from "../../contracts/errors.ts";
import { openTunnel, type TunnelTarget } from "../../tunnel/tunnel-client.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { type Forward, parseForward } from "../tunnel/forward-spec.ts";
import { refusedBy, tunnelUrl } from "../tunnel/tunnel-target.ts";

/** Local ports that are tried when one is taken. */
const nextPortsMax = 20;

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
  const { output, world } = invocation;
  const client = await invocation.connect();
  const workspace = await findWorkspace(client, options.workspace, invocation);
  const to = (port: number): TunnelTarget => ({
    url: tunnelUrl(client.url, workspace.id),
    token: client.token ?? "",
    agent: options.agent,
    service: { kind: "tcp", host: "localhost", port },
    refusal: refusedBy,
  });
  if (!isLoopback(options.bind)) output.progress(`Whoever reaches ${options.bind} reaches the workspace's ports.`);
  const servers: Server[] = [];
  try {
    for (const forward of options.forwards) {
      const onConnection = (socket: Socket): void => {
        connect(socket, to(forward.remotePort)).catch((error: unknown) => {
          const why = error instanceof Error ? error.message : String(error);
          output.progress(`${printable(workspace.name)}:${forward.remotePort}: ${printable(why)}`);
        });
      };
      const server = await listen(forward, options, onConnection);
      servers.push(server);
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : forward.localPort;
      const moved = port === forward.localPort ? "" : ` (${forward.localPort} is taken)`;
      output.announce(`${options.bind}:${port} → ${printable(workspace.name)}:${forward.remotePort}${moved}`);
    }
    output.progress("Ends with Ctrl-C.");
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) world.onSignal(signal, resolve);
    });
    return exitCodes.done;
  } finally {
    for (const server of servers) server.close();
  }
}

/** A connection of its own for each: one that cannot be had is closed at once, and not left hanging. */
async function connect(socket: Socket, target: TunnelTarget): Promise<void> {
  socket.on("error", () => undefined);
  socket.pause();
  try {
    const stream = await openTunnel(target);
    socket.on("error", () => stream.destroy());
    stream.on("error", () => socket.destroy());
    stream.once("close", () => {
      if (!socket.writableEnded) socket.destroy();
    });
    socket.once("close", (hadError) => {
      if (hadError) stream.destroy();
    });
    socket.setNoDelay(true);
    socket.pipe(stream);
    stream.pipe(socket);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function listen(
  { localPort }: Forward,
  { bind, isStrict }: ForwardOptions,
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  for (let port = localPort; ; port += 1) {
    const server = createServer({ allowHalfOpen: true }, onConnection);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen({ host: bind, port }, resolve);
      });
      return server;
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
      if (code === "EADDRINUSE" && !isStrict && port < Math.min(localPort + nextPortsMax, 65_535)) continue;
      throw new CodedError("conflict", `${bind}:${port} cannot be listened on: ${String(code ?? cause)}.`, {
        cause,
        next: "Name another local port: LOCAL:REMOTE.",
      });
    }
  }
}

function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address.startsWith("127.");
}

export const portForwardCommand = defineCommand<ForwardOptions>({
  usage: "port-forward <workspace> <port...>",
  summary: "reach ports of a workspace on this machine",
  notes:
    "LOCAL, LOCAL:REMOTE or a range (3000-3005). TCP only. A local port that is taken moves to the next that is free. " +
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
