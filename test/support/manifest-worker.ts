import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { bundleProgram } from "./bundled-program.ts";

let bundled: Promise<URL> | undefined;

/** The thread that reads manifests, as it is now: made once for all servers of a process, and removed with it. */
export async function bundledManifestWorker(): Promise<URL> {
  bundled ??= bundle();
  return await bundled;
}

async function bundle(): Promise<URL> {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-manifest-worker-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "manifest-worker.mjs");
  await bundleProgram("src/main/manifest-worker.ts", file);
  return pathToFileURL(file);
}
