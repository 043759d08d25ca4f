import { createServer, type Server, type Socket } from "node:net";
import { CodedError } from "../../contracts/errors.ts";
import { openTunnel, type TunnelTarget } from "../../tunnel/tunnel-client.ts";
import { printable } from "../output/printable.ts";
import type { CliWorld } from "../world.ts";

/** Local ports that are tried when one is taken. */
const nextPortsMax = 20;
const portMax = 65_535;

export interface LocalPort {
  readonly port: number;
  readonly close: () => void;
}

export interface ListenOptions {
  readonly bind: string;
  /** The first that is tried; 0: the system chooses one. */
  readonly port: number;
  /** Whether the next one is not tried when it is taken. */
  readonly isStrict: boolean;
  readonly target: TunnelTarget;
  /** Why a connection could not be had. */
  readonly onRefused: (error: unknown) => void;
}

/** Listens on this machine, and leads each connection into the workspace. Errors: `conflict` when it cannot listen. */
export async function listenLocally(options: ListenOptions): Promise<LocalPort> {
  const { target, onRefused } = options;
  const server = await listen(options, (socket) => void connect(socket, target).catch(onRefused));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  return { port, close: () => void server.close() };
}

/** Why nobody was led to a port of a workspace, for whoever watches the command. */
export function refusedLine(workspace: string, port: number | string, error: unknown): string {
  return `${printable(workspace)}:${port}: ${printable(error instanceof Error ? error.message : String(error))}`;
}

/** Until Ctrl-C, or until the command is told to end. */
export async function untilSignalled(world: Pick<CliWorld, "onSignal">): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) world.onSignal(signal, resolve);
  });
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
  { bind, port: first, isStrict }: ListenOptions,
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  for (let port = first; ; port += 1) {
    const server = createServer({ allowHalfOpen: true }, onConnection);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen({ host: bind, port }, resolve);
      });
      return server;
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
      if (code === "EADDRINUSE" && !isStrict && port < Math.min(first + nextPortsMax, portMax)) continue;
      throw new CodedError("conflict", `${bind}:${port} cannot be listened on: ${String(code ?? cause)}.`, {
        cause,
        next: "Name another local port: LOCAL:REMOTE.",
      });
    }
  }
}
