import ts from "typescript";
import { fileRule, isProgramText, isTest, linesOf, type Rule } from "./source.ts";
import { allNodes, findingAt, treeOf } from "./syntax.ts";

export const fileLinesMax = 500;
export const longFileLines = 350;
export const longFileShareMax = 0.05;
export const functionLinesMax = 70;

export const fileLength: Rule = fileRule("file length", isProgramText, ({ path, text }) => {
  const lines = linesOf(text).length;
  if (lines <= fileLinesMax) return [];
  return [{ path, message: `has ${lines} lines, more than ${fileLinesMax}: split it by idea, one file each.` }];
});

/** One long file is allowed whatever their number: a share of a young repository's ten files would be none. */
export const fewLongFiles: Rule = {
  name: "few long files",
  check: (sources) => {
    const inSource = sources.filter(({ path }) => path.startsWith("src/") && isProgramText(path));
    const long = inSource.filter(({ text }) => linesOf(text).length > longFileLines);
    const allowed = Math.max(1, Math.floor(inSource.length * longFileShareMax));
    if (long.length <= allowed) return [];
    const why = `${long.length} files of src/ are longer than ${longFileLines} lines, and ${allowed} may be`;
    return long.map(({ path, text }) => ({
      path,
      message: `${linesOf(text).length} lines (${why}): split it by idea.`,
    }));
  },
};

const isCode = (path: string): boolean => isProgramText(path) && !isTest(path);

/** Test files are left out: their `describe` is a function around all of their cases. */
export const functionLength: Rule = fileRule("function length", isCode, (source) => {
  const tree = treeOf(source);
  return allNodes(source).flatMap((node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || !node.body) return [];
    const first = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
    const lines = tree.getLineAndCharacterOfPosition(node.getEnd()).line - first + 1;
    if (lines <= functionLinesMax) return [];
    const name = node.name && ts.isIdentifier(node.name) ? node.name.text : "a function";
    const advice = `${name} has ${lines} lines, more than ${functionLinesMax}: keep the branches, move the computing into leaves.`;
    return [findingAt(source, node, advice)];
  });
});
