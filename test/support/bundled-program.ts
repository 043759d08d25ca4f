import path from "node:path";
import { build } from "esbuild";

/** Bundles a program of this repository into one file that Node runs, as the release does. */
export async function bundleProgram(source: string, target: string): Promise<void> {
  await build({
    entryPoints: [path.resolve(import.meta.dirname, "../..", source)],
    outfile: target,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    // As in the release: what a package tries for speed and goes on without.
    external: ["cpu-features", "*/sshcrypto.node"],
    // Packages in the older module format ask for `require`.
    banner: {
      js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url); const __dirname = import.meta.dirname;",
    },
  });
}
