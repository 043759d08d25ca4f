/**
 * Syntax trees for the rules that must not be fooled by a comment or a string.
 * TypeScript 6 gives them: the compiler of this repository, TypeScript 7, has no such API.
 */
import ts from "typescript";
import type { Finding, Source } from "./source.ts";

const trees = new WeakMap<Source, ts.SourceFile>();
const nodesOf = new WeakMap<Source, readonly ts.Node[]>();
const modulesOf = new WeakMap<Source, readonly ImportedModule[]>();

/** Several rules ask for the same tree; parsing is what costs. */
export function treeOf(source: Source): ts.SourceFile {
  const known = trees.get(source);
  if (known) return known;
  const tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
  trees.set(source, tree);
  return tree;
}

/** Kept as the tree is: most rules walk over all of it. */
export function allNodes(source: Source): readonly ts.Node[] {
  const known = nodesOf.get(source);
  if (known) return known;
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(treeOf(source));
  nodesOf.set(source, nodes);
  return nodes;
}

function lineOf(source: Source, node: ts.Node): number {
  const tree = treeOf(source);
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

export function findingAt(source: Source, node: ts.Node, message: string): Finding {
  return { path: source.path, line: lineOf(source, node), message };
}

export interface ImportedModule {
  readonly specifier: string;
  readonly node: ts.Node;
}

/** Every module that a file names: imports, re-exports, `import()` as value and as type. */
export function importsOf(source: Source): readonly ImportedModule[] {
  const known = modulesOf.get(source);
  if (known) return known;
  const modules: ImportedModule[] = [];
  for (const node of allNodes(source)) {
    const literal = moduleLiteral(node);
    if (literal && ts.isStringLiteralLike(literal)) modules.push({ specifier: literal.text, node });
  }
  modulesOf.set(source, modules);
  return modules;
}

function moduleLiteral(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  if (ts.isExternalModuleReference(node)) return node.expression;
  const isImportCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImportCall ? node.arguments[0] : undefined;
}
