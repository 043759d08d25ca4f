import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Random } from "../../../../platform/random.ts";
import type { JobFacts } from "../../../coder-provider/job-facts.ts";
import { coderEnvironment } from "./job-facts.ts";
import type { CoderProviderChoice } from "./provider-choice.ts";
import { providerEnvironment } from "./provider-environment.ts";

/** Serves the provider `coder/coder` to Terraform's commands of one job. */
export type ServeCoderProvider = (
  facts: JobFacts,
  options: { readonly socket: string; readonly random: Random },
) => Promise<{ readonly reattach: string; close(): Promise<void> }>;

/** What it takes to run templates that are written for Coder. */
export interface CoderSupport {
  readonly serve: ServeCoderProvider;
  /** The script by which an agent gets into what such a template makes, by Go's names of system and architecture. */
  readonly initScript: JobFacts["initScript"];
}

export interface OpenProvider {
  /** For the environment of each command. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const reattachVariable = "TF_REATTACH_PROVIDERS";
/**
 * Where the sockets lie: not below the driver's own folder, whose path may be longer than a socket's may be (107 bytes).
 * The daemon's process id is part of the name: what a killed daemon has left is known by it.
 */
const folderPrefix = "prewarm-provider-";
const socketName = "provider.sock";

/** What `init` is told: it fetches no provider that is served already, and does not ask the one that serves. */
export const initEnvironment = { [reattachVariable]: reattachNobody() };

function reattachNobody(): string {
  const nobody = {
    Protocol: "grpc",
    ProtocolVersion: 5,
    Pid: process.pid,
    Test: true,
    Addr: { Network: "unix", String: path.join(tmpdir(), "prewarm-no-provider") },
  };
  return JSON.stringify({ "coder/coder": nobody, "registry.terraform.io/coder/coder": nobody });
}

/**
 * Serves the provider at a socket of this job alone, until `close`; or has the environment for the original one, which
 * Terraform starts itself.
 */
export async function openProvider(
  support: CoderSupport,
  facts: JobFacts,
  options: {
    readonly provider: CoderProviderChoice;
    readonly random: Random;
    /** Of the first agent; undefined where none is known. */
    readonly token: string | undefined;
  },
): Promise<OpenProvider> {
  if (options.provider === "registry") {
    return { environment: providerEnvironment(facts, options.token), close: async () => {} };
  }
  return await serveOurs(support, facts, options.random);
}

async function serveOurs(support: CoderSupport, facts: JobFacts, random: Random): Promise<OpenProvider> {
  const folder = await mkdtemp(path.join(tmpdir(), `${folderPrefix}${process.pid}-`));
  try {
    const provider = await support.serve(facts, { socket: path.join(folder, socketName), random });
    return {
      environment: { ...coderEnvironment(facts), [reattachVariable]: provider.reattach },
      close: async () => {
        await provider.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Removes the sockets of daemons of this host that were killed. */
export async function removeDeadSockets(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(folderPrefix)) continue;
    const processId = Number(name.slice(folderPrefix.length).split("-")[0]);
    // Somebody else's cannot be removed, and is no matter of ours.
    if (!isRunning(processId)) await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(processId: number): boolean {
  try {
    return processId > 0 && process.kill(processId, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
