import ts from "typescript";
import { fileRule, isCodeFolder, isProgramText, type Finding, type Rule, type Source } from "./source.ts";
import { treeOf } from "./syntax.ts";

// `0001-first.sql`, `claim-workspace.test.ts`, `tsconfig.json`, `.gitkeep`, and programs without an ending.
const kebabCase = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const vagueNames = /^(utils?|helpers?|types?|common|misc|shared|lib)$/;

/** Files are named for the one idea they hold, in kebab-case; vague names collect what has no place. */
export const fileNames: Rule = fileRule("file names", isCodeFolder, ({ path }) => {
  const parts = path.split("/");
  const findings: Finding[] = [];
  for (const part of parts) {
    if (!kebabCase.test(part)) {
      findings.push({ path, message: `"${part}" is not kebab-case: name it like "claim-workspace.ts".` });
    }
    if (vagueNames.test(part.replace(/\..*$/, ""))) {
      findings.push({
        path,
        message: `"${part}" says nothing: name it for the one idea it holds, like "duration.ts".`,
      });
    }
  }
  return findings;
});

/** A barrel hides where a thing lives and makes every import load the whole folder. */
export const noBarrels: Rule = fileRule("no barrels", isProgramText, (source) => {
  const message = "is a barrel: import from the file that defines the thing, and remove this one.";
  const isIndex = /(^|\/)index\.\w+$/.test(source.path);
  return isIndex || onlyReexports(source) ? [{ path: source.path, message }] : [];
});

function onlyReexports(source: Source): boolean {
  const { statements } = treeOf(source);
  return (
    statements.length > 0 &&
    statements.every((statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined)
  );
}

/** Empty folders of a skeleton hold a placeholder, which goes with the first real file. */
export const placeholdersGo: Rule = {
  name: "placeholders go with the first real file",
  check: (sources) => {
    const isPlaceholder = (path: string): boolean => /(^|\/)placeholder\.ts$/.test(path);
    return sources.flatMap(({ path, text }) => {
      if (!isPlaceholder(path)) return [];
      const folder = path.replace(/[^/]*$/, "");
      const hasCompany = sources.some(
        (other) => other.path.startsWith(folder) && other.path.endsWith(".ts") && !isPlaceholder(other.path),
      );
      if (hasCompany) return [{ path, message: "the folder holds real files by now: remove the placeholder." }];
      return text.trim() === "export {};" ? [] : [{ path, message: "holds code: give the file the name of its idea." }];
    });
  },
};
