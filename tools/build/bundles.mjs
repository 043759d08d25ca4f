// The programs that are bundled into one file each, and how. An entry that does not exist yet is passed over.
import { existsSync } from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";
import { carryCoderProgram } from "./coder-program.mjs";
import { carryPtyBinaries } from "./pty-binaries.mjs";

/**
 * @typedef {{ readonly target: string, readonly from: string, readonly to: string, readonly compiled: keyof typeof stays, readonly packages: "bundle" | "bundle but unmovable" | "external", readonly format?: "esm" | "cjs" }} Bundle
 *
 * `compiled` says which imports of src/ stay imports of what the compiler made, instead of being bundled:
 *   "none"           one file that needs nothing beside it: it is sent to other machines;
 *   "lazy roots"     other composition roots that are imported lazily, as the CLI shall start without them: an import of
 *                    one that has a bundle of its own becomes one of that bundle;
 *   "all of src"     a benchmark measures what the compiler made, not a second copy of it.
 * `packages` says whether packages are bundled too; "bundle but unmovable" leaves those that look for files beside
 * themselves. A server of one file starts in three quarters of the time: it is more than a thousand modules.
 * `format` is "esm" unless said. Node takes only "cjs" into a single executable (tools/build/agent-executable.mjs).
 */
/** @type {readonly Bundle[]} */
const bundles = [
  { target: "product", from: "src/main/cli.ts", to: "dist/bundle/cli.mjs", compiled: "lazy roots", packages: "bundle" },
  {
    target: "product",
    from: "src/main/server.ts",
    to: "dist/bundle/server.mjs",
    compiled: "lazy roots",
    packages: "bundle but unmovable",
  },
  {
    target: "product",
    from: "src/main/provisioner.ts",
    to: "dist/bundle/provisioner.mjs",
    compiled: "lazy roots",
    packages: "bundle but unmovable",
  },
  // Beside the server, under the name that the compiler gives it: a thread is started by its file.
  {
    target: "product",
    from: "src/main/manifest-worker.ts",
    to: "dist/bundle/manifest-worker.js",
    compiled: "none",
    packages: "bundle",
  },
  {
    target: "product",
    from: "src/main/ssh-proxy.ts",
    to: "dist/bundle/ssh-proxy.mjs",
    compiled: "none",
    packages: "bundle",
  },
  { target: "product", from: "src/main/agent.ts", to: "dist/bundle/agent.mjs", compiled: "none", packages: "bundle" },
  {
    target: "product",
    from: "src/main/agent.ts",
    to: "dist/bundle/agent.cjs",
    compiled: "none",
    packages: "bundle",
    format: "cjs",
  },
  { target: "bench", from: "bench/main.ts", to: "dist/bench/main.mjs", compiled: "all of src", packages: "external" },
  { target: "chaos", from: "chaos/main.ts", to: "dist/chaos/main.mjs", compiled: "all of src", packages: "external" },
  {
    target: "mutations",
    from: "mutations/main.ts",
    to: "dist/mutations/main.mjs",
    compiled: "all of src",
    packages: "external",
  },
];

// Packages in the older module format call `require`, which a module has to make for itself, and ask where they lie, though
// nothing lies beside a bundle.
const requireBanner =
  'import { createRequire as createRequireForBundle } from "node:module";\n' +
  "const require = createRequireForBundle(import.meta.url);\n" +
  "const __dirname = import.meta.dirname;\n" +
  "const __filename = import.meta.filename;";

/**
 * `ws` tries the first two for speed and `ssh2` the others, and they go on without: the former are not dependencies of
 * ours, and the latter would have to be compiled where they are installed.
 */
const optionalNatives = ["bufferutil", "utf-8-validate", "cpu-features", "*/sshcrypto.node"];

/** A native part, and pages to serve. */
const unmovable = ["@node-rs/argon2", "@fastify/swagger-ui"];

/** The agent does not even try: beside a single executable there is nothing, and Node would warn at each start. */
const withoutOptionalNatives = {
  "process.env.WS_NO_BUFFER_UTIL": '"1"',
  "process.env.WS_NO_UTF_8_VALIDATE": '"1"',
};

/** Of what is sent to other machines, and is in memory there for each workspace. Names stay, for traces of errors. */
const smaller = { minifyWhitespace: true, minifySyntax: true };

const stays = {
  none: () => false,
  "lazy roots": ({ kind, file }) => kind === "dynamic-import" && file.startsWith("src/main/"),
  "all of src": ({ file }) => file.startsWith("src/"),
};

/** Leaves imports of compiled modules as imports, with the path from the bundle to them. */
function keepCompiled({ root, outfile, compiled }) {
  return {
    name: "keep-compiled",
    setup(build) {
      build.onResolve({ filter: /^\.\.?\// }, ({ path: specifier, resolveDir, kind }) => {
        const file = path.relative(root, path.resolve(resolveDir, specifier)).replaceAll("\\", "/");
        if (!stays[compiled]({ kind, file })) return undefined;
        const own = bundles.find(({ target, from }) => target === "product" && from === file)?.to;
        const made = path.join(root, own ?? file.replace(/^src\//, "dist/").replace(/\.tsx?$/, ".js"));
        const relative = path.relative(path.dirname(outfile), made).replaceAll("\\", "/");
        return { path: relative.startsWith(".") ? relative : `./${relative}`, external: true };
      });
    },
  };
}

/** @param {{ readonly root: string, readonly entry: Bundle }} options */
export async function bundleOne({ root, entry }) {
  const outfile = path.join(root, entry.to);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry.from],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: entry.format ?? "esm",
    sourcemap: entry.format !== "cjs",
    legalComments: "none",
    logLevel: "warning",
    ...(entry.compiled === "none" ? smaller : {}),
    ...(entry.format === "cjs" ? {} : { banner: { js: requireBanner } }),
    packages: entry.packages === "external" ? "external" : "bundle",
    external: entry.packages === "bundle" ? optionalNatives : [...optionalNatives, ...unmovable],
    define: entry.compiled === "none" ? withoutOptionalNatives : {},
    plugins: [
      keepCompiled({ root, outfile, compiled: entry.compiled }),
      carryPtyBinaries(root),
      carryCoderProgram(root),
    ],
  });
}

/** @param {{ readonly root: string, readonly targets: readonly string[] }} options */
export async function bundleAll({ root, targets }) {
  const wanted = bundles.filter(({ target, from }) => targets.includes(target) && existsSync(path.join(root, from)));
  await Promise.all(wanted.map((entry) => bundleOne({ root, entry })));
}
