import type { Manifest, ManifestAgent, ManifestPreset } from "../../contracts/manifest.ts";

/** What a template's configuration says itself, in the shape of a manifest. */
export type ManifestParts = Pick<Manifest, "parameters" | "presets" | "agents" | "tags">;

export type MergedManifest =
  | { readonly kind: "ok"; readonly manifest: Manifest }
  /** Names of parameters that both define: nobody could say which of the two a person is asked for. */
  | { readonly kind: "refused"; readonly twice: readonly string[] };

/**
 * `template.yaml` beside a configuration that has parameters, presets and agents of its own. Parameters of the file are
 * added. Of a preset, an agent or an app of it that both name, each field of the file takes the place of the configuration's; a
 * preset's values are merged one by one. So pools and hooks are added beside a template that is left as it is.
 */
export function mergeManifest(own: Manifest, parts: ManifestParts): MergedManifest {
  const theirs = new Set((parts.parameters ?? []).map(({ name }) => name));
  const twice = (own.parameters ?? []).map(({ name }) => name).filter((name) => theirs.has(name));
  if (twice.length > 0) return { kind: "refused", twice };
  return {
    kind: "ok",
    manifest: {
      ...own,
      ...section("parameters", [...(parts.parameters ?? []), ...(own.parameters ?? [])]),
      ...section("presets", merged(parts.presets ?? [], own.presets ?? [], mergePreset)),
      ...section("agents", merged(parts.agents ?? [], own.agents ?? [], mergeAgent)),
      ...(parts.tags === undefined && own.tags === undefined ? {} : { tags: { ...parts.tags, ...own.tags } }),
    },
  };
}

function section<Name extends string, Item>(name: Name, items: readonly Item[]): { readonly [Key in Name]?: Item[] } {
  // The key is the one that the type names.
  return items.length === 0 ? {} : ({ [name]: [...items] } as { readonly [Key in Name]: Item[] });
}

/** In the order of the configuration; what only the file has comes after. */
function merged<Item extends { readonly name: string }>(
  theirs: readonly Item[],
  own: readonly Item[],
  merge: (theirs: Item, own: Item) => Item,
): readonly Item[] {
  const ownByName = new Map(own.map((item) => [item.name, item]));
  const names = new Set(theirs.map(({ name }) => name));
  const both = theirs.map((item) => {
    const other = ownByName.get(item.name);
    return other === undefined ? item : merge(item, other);
  });
  return [...both, ...own.filter(({ name }) => !names.has(name))];
}

function mergePreset(theirs: ManifestPreset, own: ManifestPreset): ManifestPreset {
  const parameters = { ...theirs.parameters, ...own.parameters };
  return { ...theirs, ...own, ...(Object.keys(parameters).length === 0 ? {} : { parameters }) };
}

function mergeAgent(theirs: ManifestAgent, own: ManifestAgent): ManifestAgent {
  const env = { ...theirs.env, ...own.env };
  const apps = merged(theirs.apps ?? [], own.apps ?? [], (app, over) => ({ ...app, ...over }));
  return { ...theirs, ...own, ...(Object.keys(env).length === 0 ? {} : { env }), ...section("apps", apps) };
}
