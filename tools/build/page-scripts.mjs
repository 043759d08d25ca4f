// Which scripts each page of the dashboard needs, so that the server can name them in the page itself: a browser then
// loads them beside what it starts with, and not after it has run that.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** As `PageDefinition` has it in a `routes.ts`. A page that is written otherwise fails the build. */
const page = /path: "([^"]+)",(\s*isBare: true,)?(?:\s*firstAsks: \[([^\]]*)\],)?\s*load: \(\) => import\("([^"]+)"\)/g;
/** What every page asks that is for somebody who is signed in. */
const askedByAll = "/api/v1/users/me";

/**
 * @param {string} dashboard its folder of sources
 * @returns for each page the parts of its path, what it asks first and the file of its code
 */
export function pagesOf(dashboard) {
  const areas = readdirSync(path.join(dashboard, "pages")).map((area) => path.join(dashboard, "pages", area));
  return areas.flatMap((area) => {
    const routes = path.join(area, "routes.ts");
    if (!existsSync(routes)) return [];
    const text = readFileSync(routes, "utf8");
    const found = [...text.matchAll(page)].map(([, at = "", bare, asks = "", file = ""]) => ({
      parts: partsOf(at),
      asks: bare === undefined ? [askedByAll, ...[...asks.matchAll(/"([^"]+)"/g)].map(([, ask = ""]) => ask)] : [],
      file: path.join(area, file),
    }));
    const loads = text.split("load:").length - 1;
    if (found.length === loads) return found;
    throw new Error(`${routes} loads ${loads} pages, of which ${found.length} have a path right before.`);
  });
}

/**
 * `/@{$owner}/$name/{-$tab}` as `["@*", "*", "?"]`: how each part of an address begins, and a last one that may be absent.
 * @param {string} at as in TanStack's router
 */
export function partsOf(at) {
  const parts = at.split("/").slice(1);
  return parts.map((part) => (part.startsWith("{-$") ? "?" : part.replaceAll(/\{\$\w+\}|\$\w+/g, "*")));
}

/**
 * Writes `pages.json`: for each page its parts, what it asks first and its scripts, besides those that every page begins with.
 * @param {string} dashboard its folder of sources
 * @returns {import("vite").Plugin}
 */
export function pageScripts(dashboard) {
  return {
    name: "page-scripts",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
      const schemas = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.includes("/node_modules/typebox/")));
      if (schemas !== undefined) throw new Error(`${schemas.fileName} brings the library of schemas into the browser.`);
      const importsOf = new Map(chunks.map(({ fileName, imports }) => [fileName, imports]));
      const initial = chunks.filter(({ isEntry }) => isEntry).flatMap(({ fileName }) => closureOf(fileName, importsOf));
      const pages = pagesOf(dashboard).map(({ parts, asks, file }) => {
        const chunk = chunks.find(({ moduleIds }) => moduleIds.includes(file));
        if (chunk === undefined) throw new Error(`${file} is in no script of the dashboard.`);
        const scripts = closureOf(chunk.fileName, importsOf).filter((name) => !initial.includes(name));
        return { parts, asks, scripts };
      });
      this.emitFile({ type: "asset", fileName: "pages.json", source: JSON.stringify(pages) });
    },
  };
}

/**
 * A script and all that it imports, itself last.
 * @param {string} script
 * @param {ReadonlyMap<string, readonly string[]>} importsOf
 */
function closureOf(script, importsOf) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @param {string} name */
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const next of importsOf.get(name) ?? []) visit(next);
  };
  visit(script);
  return [...found].reverse();
}
