import ts from "typescript";
import { fileRule, isTypeScript, type Finding, type Rule, type Source } from "./source.ts";
import { allNodes, findingAt } from "./syntax.ts";

/** Methods of a text that make a pattern of what they are given, when it is no pattern. */
const patternMakers = new Set(["match", "matchAll", "search"]);

/** Node's own recursive `mkdir` never ends below what answers that it does not exist, as `/proc` does. */
export const foldersEnd: Rule = fileRule(
  "folders are made by makeFolder",
  (path) => isTypeScript(path) && path.startsWith("src/"),
  (source) => allNodes(source).flatMap((node) => recursiveMkdir(source, node)),
);

function recursiveMkdir(source: Source, node: ts.Node): readonly Finding[] {
  if (!ts.isCallExpression(node)) return [];
  const called = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
  if (!ts.isIdentifier(called) || !["mkdir", "mkdirSync"].includes(called.text)) return [];
  const isRecursive = node.arguments.slice(1).some((argument) => argument.getText().includes("recursive"));
  return isRecursive ? [findingAt(source, node, `${called.text} may never end: use makeFolder.`)] : [];
}

/** A pattern that was not written by us may take minutes, and the server stands still meanwhile (decision 0034). */
export const patternsAreOurs: Rule = fileRule(
  "patterns are written out",
  (path) => isTypeScript(path) && path.startsWith("src/"),
  (source) => allNodes(source).flatMap((node) => madePattern(source, node)),
);

function madePattern(source: Source, node: ts.Node): readonly Finding[] {
  if (ts.isIdentifier(node) && node.text === "RegExp" && !ts.isTypeReferenceNode(node.parent)) {
    return [
      findingAt(source, node, "RegExp: write the pattern out; one from outside goes through compileParameterPattern."),
    ];
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const [argument] = node.arguments;
  const isMaker = patternMakers.has(node.expression.name.text);
  if (!isMaker || argument === undefined || !ts.isStringLiteralLike(argument)) return [];
  return [
    findingAt(source, node, `${node.expression.name.text} of a text makes a pattern of it: use indexOf or includes.`),
  ];
}
