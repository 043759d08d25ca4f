import ts from "typescript";
import { fileRule, isTest, type Finding, type Rule, type Source } from "./source.ts";
import { allNodes, findingAt, treeOf } from "./syntax.ts";

const declarers = new Set(["test", "it", "describe", "suite", "bench"]);

/** A test that is left out must say why; one that leaves out all others must not land. */
export const testsRun: Rule = fileRule("tests run", isTest, (source) =>
  allNodes(source).flatMap((node) => (ts.isCallExpression(node) ? leftOut(source, node) : [])),
);

function leftOut(source: Source, call: ts.CallExpression): readonly Finding[] {
  const names = accessPath(call.expression);
  if (declarers.has(names[0] ?? "")) {
    if (names.includes("only")) return [findingAt(source, call, ".only leaves out every other test: remove it.")];
    if (!names.includes("skip") && !names.includes("todo")) return [];
    if (/skipped because \S+/.test(commentBefore(source, call))) return [];
    return [findingAt(source, call, `.skip without a reason: write "// skipped because …" on the line above it.`)];
  }
  // The skip of a running test (`context.skip("no Docker")`) carries its reason as an argument.
  const isRunning = /^(t|ctx|context)$/.test(names[0] ?? "") && names.at(-1) === "skip";
  const hasReason = call.arguments.some(
    (argument) => ts.isStringLiteralLike(argument) || ts.isTemplateExpression(argument),
  );
  return isRunning && !hasReason ? [findingAt(source, call, "skip() without a reason: give it as a string.")] : [];
}

/** `test.concurrent.only` as ["test", "concurrent", "only"]; of `test.skip.each(rows)(…)` the outer call has no path. */
function accessPath(node: ts.Expression): readonly string[] {
  if (ts.isIdentifier(node)) return [node.text];
  return ts.isPropertyAccessExpression(node) ? [...accessPath(node.expression), node.name.text] : [];
}

function commentBefore(source: Source, node: ts.Node): string {
  const ranges = ts.getLeadingCommentRanges(source.text, ts.findAncestor(node, ts.isStatement)?.getFullStart() ?? 0);
  return (ranges ?? []).map((range) => treeOf(source).text.slice(range.pos, range.end)).join("\n");
}
