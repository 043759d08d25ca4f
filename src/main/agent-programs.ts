import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { CodedError } from "../contracts/errors.ts";
import type { AgentFile, AgentFiles } from "../http/agent-downloads.ts";
import type { Logger } from "../platform/logger.ts";
import { coderInitScript, coderProgramScript, coderStartScript } from "../provisioner/coder-provider/init-script.ts";
import { packageRoot } from "./version.ts";

/** Far beyond what it takes on a slow machine; what hangs must not be waited for for ever. */
const buildLimitMs = 300_000;

export interface AgentProgramsOptions {
  readonly logger: Logger;
  /** The package's folder, unless said. */
  readonly root?: string;
  /** Program and arguments that make the executable and print what it is, unless said. */
  readonly builder?: readonly string[];
  /** Node's names for this machine, unless said. */
  readonly platform?: string;
  readonly architecture?: string;
}

/** The agent's programs of this installation: the bundle that the build made, and the executable made on demand. */
export function createAgentPrograms(options: AgentProgramsOptions): AgentFiles {
  const root = options.root ?? packageRoot;
  let executable: Promise<AgentFile> | null = null;
  return {
    bundle: () => bundleFile(path.join(root, "dist", "bundle", "agent.mjs")),
    executable: async (architecture) => {
      requireOwnPlatform(options, architecture);
      // One that failed may go well the next time: the disk was full, say.
      executable ??= makeExecutable(root, options).catch((error: unknown) => {
        executable = null;
        throw error;
      });
      return await executable;
    },
    scripts: {
      start: coderStartScript,
      init: ({ os, arch }, accessUrl) =>
        coderInitScript(os, arch).replaceAll("${ACCESS_URL}", accessUrl).replaceAll("${AUTH_TYPE}", "token"),
      coderProgram: ({ os, arch }, accessUrl) => coderProgramScript(os, arch, accessUrl),
    },
  };
}

async function bundleFile(file: string): Promise<AgentFile> {
  try {
    const content = await readFile(file);
    return { path: file, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
  } catch (cause) {
    throw new CodedError("agent_executable_unavailable", "The agent's bundle is missing: this checkout is not built.", {
      cause,
      next: "Run `npm run build`.",
    });
  }
}

function requireOwnPlatform(options: AgentProgramsOptions, architecture: string): void {
  const own = `${options.platform ?? process.platform}-${options.architecture ?? process.arch}`;
  if (own === `linux-${architecture}`) return;
  throw new CodedError(
    "agent_executable_unavailable",
    `The agent's executable for linux-${architecture} is made from the server's own Node, and this server is ${own}.`,
    { next: `Put Node 20 or newer into the image, or run the server on linux-${architecture}.` },
  );
}

/** In a process of its own: it holds 200 MB and computes for seconds. */
async function makeExecutable(root: string, options: AgentProgramsOptions): Promise<AgentFile> {
  const [program = "", ...args] = options.builder ?? [
    process.execPath,
    path.join(root, "tools/build/agent-executable.mjs"),
  ];
  options.logger.info("making the agent's executable, or finding it made");
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: buildLimitMs });
    // Printed by tools/build/agent-executable.mjs in this very shape.
    const made = JSON.parse(stdout) as {
      readonly path: string;
      readonly gzipPath: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly gzipBytes: number;
    };
    options.logger.info("the agent's executable is there", { sha256: made.sha256, bytes: made.bytes });
    const { path: file, bytes, sha256 } = made;
    return { path: file, bytes, sha256, gzip: { path: made.gzipPath, bytes: made.gzipBytes } };
  } catch (cause) {
    const reason =
      cause instanceof Error && "stderr" in cause && cause.stderr !== "" ? String(cause.stderr) : String(cause);
    throw new CodedError(
      "agent_executable_unavailable",
      `The agent's executable cannot be made from this server's Node: ${reason.trim()}.`,
      { cause, next: "Run the server with a Node from nodejs.org, or put Node 20 or newer into the image." },
    );
  }
}
