// Bundles the dashboard into dist/dashboard: hashed names, and each text also compressed, so that the server never does it.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { pageScripts } from "./page-scripts.mjs";

/** Smaller files fit into a packet or two, compressed or not. */
const compressedFromBytes = 1_024;
const compressible = /\.(js|css|html|svg|json|map)$/;

/**
 * What the client calls, as `[method, path]` by id, and what people may do. The table itself would bring its schemas, and their library, into
 * the browser; its types are all that the client needs of them.
 */
async function routeTables(root) {
  const { routes } = await import(pathToFileURL(path.join(root, "dist/contracts/api/routes.js")).href);
  const ofPeople = Object.entries(routes).filter(([, { credential }]) => credential === "user");
  return {
    PREWARM_ROUTES: JSON.stringify(
      Object.fromEntries(Object.entries(routes).map(([id, { method, path: at }]) => [id, [method, at]])),
    ),
    PREWARM_PERMISSIONS: JSON.stringify(ofPeople.map(([id, { tag, access, summary }]) => [id, tag, access, summary])),
  };
}

/**
 * The configuration of Vite for the build and for the development server. The contracts have to be compiled.
 * @param {string} root
 * @returns {Promise<import("vite").InlineConfig>}
 */
export async function dashboardConfig(root) {
  const [{ default: react }, { default: tailwind }] = await Promise.all([
    import("@vitejs/plugin-react"),
    import("@tailwindcss/vite"),
  ]);
  const elements = path.join(root, "src/dashboard/visible-jsx/jsx-runtime.ts");
  return {
    root: path.join(root, "src/dashboard"),
    // Relative: the server says in the page below which path it lies.
    base: "./",
    configFile: false,
    cacheDir: path.join(root, "dist/.vite"),
    plugins: [react({ jsxImportSource: "visible-jsx" }), tailwind()],
    // Elements are made where what cannot be seen in a text is written out, in development as well.
    resolve: {
      alias: { "visible-jsx/jsx-runtime": elements, "visible-jsx/jsx-dev-runtime": elements },
    },
    define: await routeTables(root),
  };
}

/** Few files: over HTTP/1.1 a browser asks for six at a time, and each costs a way there and back. */
/** @type {import("vite").Rolldown.CodeSplittingGroup[]} */
const chunkGroups = [
  { name: "base", tags: ["$initial"], priority: 2 },
  { name: "parts", minShareCount: 4, priority: 1 },
];

/** Makes it beside the one that is there, which a running server may be reading, and then puts it in its place. */
export async function buildDashboard(root) {
  const { build } = await import("vite");
  const made = path.join(root, "dist", `.dashboard-${process.pid}`);
  const config = await dashboardConfig(root);
  await build({
    ...config,
    plugins: [...(config.plugins ?? []), pageScripts(config.root ?? root)],
    mode: "production",
    logLevel: "warn",
    build: {
      outDir: made,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { output: { codeSplitting: { groups: chunkGroups } } },
      chunkSizeWarningLimit: 1_000,
    },
  });
  compressAll(made);
  const place = path.join(root, "dist/dashboard");
  mkdirSync(path.dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  renameSync(made, place);
}

function compressAll(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    if (bytes.length < compressedFromBytes) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  }
}
