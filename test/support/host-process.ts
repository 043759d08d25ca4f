import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

export interface HostMessage {
  readonly kind: "ready" | "error";
  readonly connectionString?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface HostProcess {
  readonly child: ChildProcess;
  readonly message: HostMessage;
  readonly exited: Promise<void>;
}

/** One JavaScript file of `embedded-host.ts`, as Node 20 runs no TypeScript. Below `node_modules`, so packages resolve. */
export async function bundleHost(): Promise<string> {
  const folder = path.join(root, "node_modules/.cache/prewarm-tests");
  mkdirSync(folder, { recursive: true });
  const outfile = path.join(folder, `embedded-host-${process.pid}.mjs`);
  await build({
    entryPoints: [path.join(root, "test/support/embedded-host.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  return outfile;
}

/** Starts a host and waits for its first word. */
export async function startHost(options: {
  readonly script: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}): Promise<HostProcess> {
  const child = spawn(process.execPath, [options.script, ...options.args], {
    cwd: "/",
    stdio: ["pipe", "pipe", "inherit"],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const exited = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const first = new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    child.once("exit", (status) => setImmediate(reject, new Error(`the host ended with status ${status} in silence`)));
  });
  // Written by embedded-host.ts in this very shape.
  return { child, message: JSON.parse(await first) as HostMessage, exited };
}
