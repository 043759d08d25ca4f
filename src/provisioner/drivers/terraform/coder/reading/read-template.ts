import type { ManifestApp } from "../../../../../contracts/manifest-apps.ts";
import type { ManifestParameter } from "../../../../../contracts/manifest-parameter.ts";
import type { ManifestParts } from "../../../../../domain/template/merge-manifest.ts";
import { fieldsOf, textOf } from "../../json-fields.ts";
import { agentNameOf } from "../agent-name.ts";
import {
  blockAddress,
  type BlockRef,
  configuredBlocks,
  type Instance,
  plannedOf,
  readDataOf,
  unreadData,
} from "./read-blocks.ts";
import { dynamicParameters } from "./dynamic-parameters.ts";
import type { Finding } from "./finding.ts";
import { type AppsReading, readApps } from "./read-apps.ts";
import { readParameter } from "./read-parameter.ts";
import { readPreset } from "./read-preset.ts";
import { withoutEffect } from "./without-effect.ts";

export interface TemplateReading {
  readonly parts: ManifestParts;
  readonly refused: readonly Finding[];
  readonly warned: readonly Finding[];
  /** Parameters whose form is evaluated again for each person and input. */
  readonly dynamic: readonly Finding[];
}

const parameterType = "coder_parameter";
const presetType = "coder_workspace_preset";
const tagsType = "coder_workspace_tags";
const agentType = "coder_agent";

/** What a template says of parameters, presets, tags and agents, from the plan of its import (`terraform show -json PLAN`). */
export function readTemplate(plan: unknown): TemplateReading {
  const parameters = readDataOf(plan, parameterType);
  const names = new Set(parameters.map(({ values }) => textOf(values["name"])));
  const presets = readDataOf(plan, presetType);
  const agents = plannedOf(plan, agentType);
  const named = agents.map(({ name }) => ({ name: agentNameOf(name) }));
  const { apps, warned: ofApps } = readApps(plan, named);
  const dynamic = dynamicParameters(plan);
  const varies = new Set(dynamic.map(({ block }) => blockAddress(block)));
  const tags = readDataOf(plan, tagsType).flatMap(({ values }) => Object.entries(fieldsOf(values["tags"])));
  return {
    parts: {
      parameters: readParameters(plan, (block) => varies.has(blockAddress(block))),
      presets: presets.map(({ values }) => readPreset(values, (name) => names.has(name))),
      agents: named.map(({ name }) => ({ name, ...appsOf(apps, name) })),
      ...(tags.length === 0 ? {} : { tags: Object.fromEntries(tags.map(([name, value]) => [name, textOf(value)])) }),
    },
    refused: [
      ...[parameterType, presetType, tagsType].flatMap((type) => unreadData(plan, type).map(unknownAtPlan)),
      ...sameNames(parameters, (one) => textOf(one.values["name"]), "another parameter has the name"),
      ...sameNames(presets, (one) => textOf(one.values["name"]), "another preset has the name"),
      ...sameNames(agents, (one) => agentNameOf(one.name), "another agent has the name"),
      ...defaults(presets),
      ...agents.flatMap(unsupportedAgent),
    ],
    warned: [
      ...presets.flatMap((preset) => strangeParameters(preset, names)),
      ...agents.flatMap(readableToken),
      ...ofApps,
      ...withoutEffect(configuredBlocks(plan)),
    ],
    dynamic,
  };
}

function appsOf(apps: AppsReading["apps"], agent: string): { readonly apps?: ManifestApp[] } {
  const own = apps.get(agent);
  return own === undefined ? {} : { apps: [...own] };
}

/** The parameters of a plan, as people see them; `isDynamic` where the plan is only one of those that there may be. */
export function readParameters(
  plan: unknown,
  isDynamic: (block: BlockRef) => boolean = () => false,
): ManifestParameter[] {
  return readDataOf(plan, parameterType)
    .map((instance) => ({ ...readParameter(instance.values), ...(isDynamic(instance) ? { dynamic: true } : {}) }))
    .toSorted(byOrder);
}

/** What keeps a plan from being a form: parameters whose values it does not know, or of one name. */
export function formFaults(plan: unknown): readonly Finding[] {
  return [
    ...unreadData(plan, parameterType).map(unknownAtPlan),
    ...sameNames(
      readDataOf(plan, parameterType),
      (one) => textOf(one.values["name"]),
      "another parameter has the name",
    ),
  ];
}

type Ordered = { readonly name: string; readonly order?: number };

/** As people see them: by order, then by name. */
function byOrder(one: Ordered, other: Ordered): number {
  return (one.order ?? 0) - (other.order ?? 0) || (one.name < other.name ? -1 : one.name > other.name ? 1 : 0);
}

function unknownAtPlan(block: Instance): Finding {
  const reason =
    "its values are known only after something is made, so nobody can be asked for it; it may depend on literals, variables, parameters and the owner";
  return { block, reason };
}

function sameNames(
  instances: readonly Instance[],
  nameOf: (instance: Instance) => string,
  words: string,
): readonly Finding[] {
  const seen = new Set<string>();
  return instances.flatMap((block): readonly Finding[] => {
    const name = nameOf(block);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ block, reason: `${words} "${name}"` }];
  });
}

function defaults(presets: readonly Instance[]): readonly Finding[] {
  const [, ...others] = presets.filter(({ values }) => values["default"] === true);
  return others.map((block) => ({ block, reason: "another preset is the default already" }));
}

function unsupportedAgent(block: Instance): readonly Finding[] {
  const os = textOf(block.values["os"]);
  return [
    ...(agentNameOf(block.name) === "" ? [{ block, reason: "its name has neither letters nor digits" }] : []),
    ...(os === "linux" || os === "" ? [] : [{ block, reason: `there is no agent for ${os}; os has to be "linux"` }]),
  ];
}

function readableToken(block: Instance): readonly Finding[] {
  const auth = textOf(block.values["auth"]);
  if (auth === "" || auth === "token") return [];
  const reason = `auth is "${auth}", which Prewarm does not ask a cloud for: the agent's token is part of its init_script, and whoever reads the machine's user data can read it`;
  return [{ block, reason }];
}

function strangeParameters(block: Instance, known: ReadonlySet<string>): readonly Finding[] {
  const strange = Object.keys(fieldsOf(block.values["parameters"])).filter((name) => !known.has(name));
  if (strange.length === 0) return [];
  const named = strange.map((name) => `"${name}"`).join(", ");
  return [{ block, reason: `it names ${named}, and the template has no such parameter; that is left out` }];
}
