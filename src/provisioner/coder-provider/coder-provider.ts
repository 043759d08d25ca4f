import path from "node:path";
import { pid } from "node:process";
import type { Random } from "../../platform/random.ts";
import { providerCalls } from "./calls/provider-calls.ts";
import type { JobFacts } from "./job-facts.ts";
import { servePlugin } from "./protocol/plugin-server.ts";

/** Bytes of a socket's path, of which the system keeps one for the end. */
const socketBytesMax = 107;

export interface CoderProvider {
  /** Environment variable value for `TF_REATTACH_PROVIDERS`. */
  readonly reattach: string;
  close(): Promise<void>;
}

/**
 * Serves the provider of `coder/coder` for one job, on a socket of its own (spec §9): every command of Terraform or
 * OpenTofu that is given `reattach` asks here and starts no plugin. Nobody else may reach the socket: its folder is
 * private. Errors: an address that is none, a path that is too long, or those of the system for the socket.
 */
export async function serveCoderProvider(
  facts: JobFacts,
  options: {
    /** Absolute, shorter than 108 bytes, in a folder that exists with mode 0700. */
    readonly socket: string;
    readonly random: Random;
  },
): Promise<CoderProvider> {
  const { socket, random } = options;
  if (!path.isAbsolute(socket) || Buffer.byteLength(socket) > socketBytesMax) {
    throw new Error(`The socket ${socket} has to have an absolute path of at most ${socketBytesMax} bytes.`);
  }
  if (!URL.canParse(facts.accessUrl)) throw new Error(`The access URL ${facts.accessUrl} is no absolute URL.`);
  const server = await servePlugin(socket, providerCalls({ facts, random, ownUrl: null }));
  return { reattach: reattachTo(socket), close: () => server.close() };
}

/** Both spellings: OpenTofu takes the short one for an address of its own registry. */
function reattachTo(socket: string): string {
  const provider = {
    Protocol: "grpc",
    ProtocolVersion: 5,
    Pid: pid,
    // Without it Terraform would end the process above, which is ours.
    Test: true,
    Addr: { Network: "unix", String: socket },
  };
  return JSON.stringify({ "coder/coder": provider, "registry.terraform.io/coder/coder": provider });
}
