import { connect, type Socket } from "node:net";
import type { TunnelService } from "../../contracts/tunnel.ts";
import { tunnelDialMs } from "../../contracts/tunnel-terms.ts";

/** Why what a stream was to lead to cannot be reached. */
export class DialError extends Error {
  override readonly name = "DialError";
}

/** IPv4 first: most of what listens on "localhost" does so there, and some of it only there. */
const localAddresses = ["127.0.0.1", "::1"] as const;

/** Connects to a port as the workspace sees it. Errors: `DialError`, in words. */
export async function dial(service: Extract<TunnelService, { kind: "tcp" }>): Promise<Socket> {
  const { host, port } = service;
  const addresses = host === "localhost" ? localAddresses : [host];
  let last: unknown;
  for (const address of addresses) {
    try {
      return await dialOnce(address, port);
    } catch (error) {
      last = error;
    }
  }
  throw new DialError(`${reasonOf(last)} at ${host}:${port} in the workspace`);
}

function dialOnce(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true });
    const limit = setTimeout(() => socket.destroy(new DialError("nothing answers")), tunnelDialMs);
    socket.once("error", (error) => {
      clearTimeout(limit);
      reject(error);
    });
    socket.once("connect", () => {
      clearTimeout(limit);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

/** Connects to a socket of the file system. Errors: `DialError`, in words. */
export function dialPath(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once("error", (error) => reject(new DialError(`${reasonOf(error)} at ${path} in the workspace`)));
    socket.once("connect", () => resolve(socket.removeAllListeners("error")));
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens",
  ENOENT: "there is no socket",
  EACCES: "the workspace's account may not connect",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the name cannot be resolved",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "nothing answers",
};

function reasonOf(error: unknown): string {
  if (error instanceof DialError) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}
