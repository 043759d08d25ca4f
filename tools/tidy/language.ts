import ts from "typescript";
import { fileRule, isTypeScript, type Finding, type Rule, type Source } from "./source.ts";
import { allNodes, findingAt } from "./syntax.ts";

/** The part of TypeScript that is only types: what is left runs as it is written. */
export const plainTypeScript: Rule = fileRule("plain TypeScript", isTypeScript, (source) =>
  allNodes(source).flatMap((node) => {
    const advice = refusedSyntax(node);
    return advice ? [findingAt(source, node, advice)] : [];
  }),
);

function refusedSyntax(node: ts.Node): string | undefined {
  if (ts.isAsExpression(node) && node.type.kind === ts.SyntaxKind.AnyKeyword) {
    return "`as any` switches the compiler off: use `unknown` and parse it, or give the type.";
  }
  if (ts.isEnumDeclaration(node)) return "enum: use a union of string literals, with a const array where it is listed.";
  if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name) && node.name.text !== "global") {
    return "namespace: a file is the namespace.";
  }
  if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) {
    return "parameter property: declare the field and assign it in the constructor.";
  }
  return undefined;
}

const mayUseProcess = (path: string): boolean => !path.startsWith("src/") || path.startsWith("src/main/");

/** Configuration comes in and exit codes go out at the composition roots, so that everything else can be run in a test. */
export const environmentAtTheRoots: Rule = fileRule(
  "environment and exit at the composition roots",
  (path) => isTypeScript(path) && !mayUseProcess(path),
  (source) => allNodes(source).flatMap((node) => processUse(source, node)),
);

function processUse(source: Source, node: ts.Node): readonly Finding[] {
  const name = ts.isPropertyAccessExpression(node) ? accessedOfProcess(node) : importedFromProcess(node);
  if (name === "env")
    return [findingAt(source, node, "process.env: take the value as configuration; src/main reads it.")];
  if (name === "exit")
    return [findingAt(source, node, "process.exit: throw or return; src/main decides about the exit.")];
  return [];
}

function accessedOfProcess(node: ts.PropertyAccessExpression): string | undefined {
  const isProcess = ts.isIdentifier(node.expression) && node.expression.text === "process";
  return isProcess ? node.name.text : undefined;
}

function importedFromProcess(node: ts.Node): string | undefined {
  if (!ts.isImportSpecifier(node)) return undefined;
  const from = node.parent.parent.parent.moduleSpecifier;
  const isProcess = ts.isStringLiteral(from) && /^(node:)?process$/.test(from.text);
  return isProcess ? (node.propertyName ?? node.name).text : undefined;
}
