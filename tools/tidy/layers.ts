import path from "node:path";
import { fileRule, isTypeScript, type Finding, type Rule, type Source } from "./source.ts";
import { findingAt, importsOf, type ImportedModule } from "./syntax.ts";

/**
 * The table of the architecture, §2: what each folder of src/ may import beside itself. The compiler refuses most wrong
 * ways already, by project references; this says why, and catches what they let through (a reference somebody added).
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  domain: ["contracts"],
  platform: ["contracts"],
  db: ["contracts", "domain", "platform"],
  bus: ["contracts", "platform"],
  controllers: ["contracts", "domain", "platform", "db"],
  app: ["contracts", "domain", "platform", "db"],
  http: ["contracts", "platform", "app", "tunnel"],
  tunnel: ["contracts"],
  client: ["contracts"],
  dashboard: ["contracts", "client"],
  provisioner: ["contracts", "domain", "platform", "client"],
  agent: ["contracts", "platform", "client", "tunnel"],
  cli: ["contracts", "platform", "client", "tunnel"],
};

/** The composition roots may import all of them, and none of them imports the roots. */
const rootLayer = "main";

/** Packages that a restricted layer may use; a layer that is not listed may use any, and Node. */
const packages: Readonly<Record<string, readonly string[]>> = {
  // Pure as the domain itself: patterns of templates are part of what it decides (decision 0034).
  domain: ["re2js"],
  contracts: ["typebox"],
};

const reasons: Readonly<Record<string, string>> = {
  "db>bus":
    "the store publishes after the commit through what it is given: take a `Publish` function (architecture §7)",
  "app>controllers": "they meet in the database: write there, and emit an event",
  "controllers>app": "they meet in the database: move what both need into domain or db",
  "http>db": "routes call use cases: add one to app",
  "http>domain": "routes call use cases: add one to app",
};

const layerOf = (file: string): string => file.split("/")[1] ?? "";

export const layerImports: Rule = fileRule("layer imports", isTypeScript, (source) => {
  if (!source.path.startsWith("src/")) return [];
  const layer = layerOf(source.path);
  const known = [...Object.keys(layers), rootLayer];
  if (!known.includes(layer) || source.path.split("/").length < 3) {
    return [{ path: source.path, message: `lies in no layer: move it into one of ${known.join(", ")}.` }];
  }
  return importsOf(source).flatMap((imported) => wrongImport(source, layer, imported));
});

function wrongImport(source: Source, layer: string, { specifier, node }: ImportedModule): readonly Finding[] {
  const found = (why: string): readonly Finding[] => [findingAt(source, node, `imports "${specifier}": ${why}.`)];
  if (!specifier.startsWith(".")) {
    const allowed = packages[layer];
    if (!allowed || allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return [];
    return found(`${layer} is pure and may use ${allowed.join(", ") || "no package and nothing of Node"}`);
  }
  const target = path.posix.join(path.posix.dirname(source.path), specifier);
  if (!target.startsWith("src/")) return found("the product must not reach outside of src/");
  const other = layerOf(target);
  if (layer === rootLayer || other === layer || layers[layer]?.includes(other)) return [];
  const reason = reasons[`${layer}>${other}`];
  return found(reason ?? `${layer} may import ${layers[layer]?.join(", ") || "no other layer"} (architecture §2)`);
}

/** The compiler rewrites `.ts`; the other spellings work in some tools only. */
export const importEndings: Rule = fileRule("import endings", isTypeScript, (source) =>
  importsOf(source).flatMap(({ specifier, node }) => {
    if (!specifier.startsWith(".") || /\.(ts|tsx|mjs|json|css|svg)$/.test(specifier)) return [];
    return [findingAt(source, node, `imports "${specifier}": write the file's real ending, like "./claim.ts".`)];
  }),
);
