import path from "node:path";
import { isTest, isTypeScript, type Finding, type Rule, type Source } from "./source.ts";
import { findingAt, importsOf, type ImportedModule } from "./syntax.ts";

interface Import extends ImportedModule {
  /** The file that is named. */
  readonly target: string;
}

const targetOf = (source: Source, specifier: string): string =>
  path.posix.join(path.posix.dirname(source.path), specifier);

function ownImports(source: Source): readonly Import[] {
  return importsOf(source)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map((imported) => ({ ...imported, target: targetOf(source, imported.specifier) }));
}

/** Files that import each other are one file in several: none can be read, or moved, without the others. */
export const noCircles: Rule = {
  name: "no circles of imports",
  check: (sources) => {
    const files = new Map(sources.filter(({ path: file }) => isTypeScript(file)).map((one) => [one.path, one]));
    const done = new Set<string>();
    const findings: Finding[] = [];
    const visit = (source: Source, trail: readonly string[]): void => {
      const within = [...trail, source.path];
      for (const imported of ownImports(source)) {
        const begins = within.indexOf(imported.target);
        const next = files.get(imported.target);
        if (begins >= 0) findings.push(circleAt(source, imported, within.slice(begins)));
        else if (next !== undefined && !done.has(imported.target)) visit(next, within);
      }
      done.add(source.path);
    };
    for (const source of files.values()) if (!done.has(source.path)) visit(source, []);
    return findings;
  },
};

function circleAt(source: Source, imported: Import, circle: readonly string[]): Finding {
  const way = [...circle, imported.target].join(" → ");
  const what = "put what both need, types included, into a file of its own that imports neither";
  return findingAt(source, imported.node, `closes a circle of imports (${way}): ${what}.`);
}

/** What only tests use is no part of the product: it is kept true by nobody, and says what the product does not do. */
export const productIsUsed: Rule = {
  name: "the product uses its own files",
  check: (sources) => {
    const used = new Set<string>();
    for (const source of sources) {
      if (!isTypeScript(source.path) || isTest(source.path) || source.path.startsWith("test/")) continue;
      for (const { target } of ownImports(source)) used.add(target);
    }
    return sources.flatMap(({ path: file }) => {
      const isProgram = /^src\/main\/[^/]+$/.test(file);
      if (!file.startsWith("src/") || !file.endsWith(".ts") || isProgram || used.has(file)) return [];
      return [{ path: file, message: "is used by tests alone: let the product use it, or remove it with its tests." }];
    });
  },
};
