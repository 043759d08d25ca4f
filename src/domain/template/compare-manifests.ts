import type { ManifestChange, ManifestPart } from "../../contracts/api/template-files.ts";
import { manifestValueLengthMax } from "../../contracts/limits.ts";
import type { Manifest } from "../../contracts/manifest.ts";

/** One thing that a manifest speaks of, by which the same one is found in another manifest. */
interface Thing {
  readonly part: ManifestPart;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * What one manifest means otherwise than another: things that were added, removed or changed, in the order in which a
 * manifest has them. The order of a list of named things means nothing. Without an earlier one, all is new.
 */
export function compareManifests(before: Manifest | null, after: Manifest): readonly ManifestChange[] {
  const earlier = before === null ? [] : thingsOf(before);
  const later = thingsOf(after);
  const changed = later.flatMap((thing): readonly ManifestChange[] => {
    const was = earlier.find(isSameAs(thing));
    if (was === undefined) return [{ part: thing.part, name: thing.name, change: "added", fields: [] }];
    const fields = fieldChanges(was.fields, thing.fields);
    return fields.length === 0 ? [] : [{ part: thing.part, name: thing.name, change: "changed", fields }];
  });
  const removed = earlier
    .filter((thing) => !later.some(isSameAs(thing)))
    .map(({ part, name }): ManifestChange => ({ part, name, change: "removed", fields: [] }));
  return [...changed, ...removed];
}

const isSameAs =
  ({ part, name }: Thing) =>
  (other: Thing): boolean =>
    other.part === part && other.name === name;

function thingsOf(manifest: Manifest): readonly Thing[] {
  const { parameters = [], presets = [], agents = [], secrets = [], lifecycle, ...rest } = manifest;
  const { docker, terraform, fake, driver, ...template } = rest;
  return [
    { part: "template", name: "", fields: template },
    ...parameters.map((parameter) => thing("parameter", parameter)),
    ...presets.flatMap(({ prebuilds, ...preset }) => [
      thing("preset", preset),
      ...(prebuilds === undefined ? [] : [thing("pool", { name: preset.name, ...prebuilds })]),
    ]),
    ...agents.flatMap(({ apps = [], ...agent }) => [
      thing("agent", agent),
      ...apps.map((app): Thing => ({ part: "app", name: `${agent.name}/${app.name}`, fields: app })),
    ]),
    ...secrets.map((secret) => thing("secret", secret)),
    ...(lifecycle === undefined ? [] : [{ part: "lifecycle" as const, name: "", fields: lifecycle }]),
    { part: "driver", name: "", fields: { driver, docker, terraform, fake } },
  ];
}

function thing(part: ManifestPart, { name, ...fields }: { readonly name: string } & Thing["fields"]): Thing {
  return { part, name, fields };
}

function fieldChanges(before: Thing["fields"], after: Thing["fields"]): ManifestChange["fields"] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return names
    .map((field) => ({ field, before: canonical(before[field]), after: canonical(after[field]) }))
    .filter((one) => one.before !== one.after)
    .map((one) => ({ field: one.field, before: shown(one.before), after: shown(one.after) }));
}

/** As JSON in which the order of keys does not matter; null for what is not there. */
function canonical(value: unknown): string | null {
  if (value === undefined) return null;
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

function shown(text: string | null): string | null {
  return text === null || text.length <= manifestValueLengthMax ? text : `${text.slice(0, manifestValueLengthMax)}…`;
}
