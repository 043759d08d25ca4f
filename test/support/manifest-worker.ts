import { pathToFileURL } from "node:url";
import { inject } from "vitest";

/** The thread that reads manifests, as it is now: bundled once for the run, and removed with it. */
export function bundledManifestWorker(): URL {
  return pathToFileURL(inject("manifestWorker"));
}
