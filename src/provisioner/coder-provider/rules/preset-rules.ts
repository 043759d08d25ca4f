import { presetDescriptionLengthMax } from "../../../contracts/limits.ts";
import type { ScheduleDefinition } from "../../../contracts/preset-definition.ts";
import type { PresetFault } from "../../../domain/preset/preset-problem.ts";
import { prebuildsFaults } from "../../../domain/preset/validate-prebuilds.ts";
import type { RuleProblem } from "./parameter-config.ts";

/** Longest `icon` of a preset. */
export const presetIconLengthMax = 256;

/** What a `prebuilds` block says; null where there is no such block inside it. */
export interface PrebuildsConfig {
  readonly instances: number;
  /** `ttl` of `expiration_policy`, in seconds. */
  readonly expirationTtl: number | null;
  readonly scheduling: { readonly timezone: string; readonly schedules: readonly ScheduleDefinition[] } | null;
}

/** What a `coder_workspace_preset` block says. */
export interface PresetConfig {
  readonly name: string;
  readonly description?: string;
  readonly icon?: string;
  readonly default: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly prebuilds: PrebuildsConfig | null;
}

/**
 * What is wrong with a preset by itself. Whether its parameters exist is not asked: names that a template does not have
 * are allowed. That at most one is the default is for who sees all of them.
 */
export function presetProblems(config: PresetConfig): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (config.name === "") {
    problems.push({
      path: ["name"],
      summary: "A preset has no name",
      detail: "The name is empty; people choose by it.",
    });
  }
  problems.push(...lengthProblems("description", config.description, presetDescriptionLengthMax));
  problems.push(...lengthProblems("icon", config.icon, presetIconLengthMax));
  if (config.prebuilds !== null) problems.push(...prebuildsProblems(config.prebuilds));
  return problems;
}

function lengthProblems(attribute: string, text: string | undefined, charsMax: number): readonly RuleProblem[] {
  // Counted as people count: a letter outside the basic plane is one character.
  const chars = Array.from(text ?? "").length;
  if (chars <= charsMax) return [];
  const detail = `It has ${chars} characters; at most ${charsMax} are allowed.`;
  return [{ path: [attribute], summary: `The ${attribute} of a preset is too long`, detail }];
}

function prebuildsProblems({ instances, expirationTtl, scheduling }: PrebuildsConfig): readonly RuleProblem[] {
  const faults = prebuildsFaults({
    instances,
    ...(expirationTtl === null ? {} : { expirationPolicy: { ttlSeconds: expirationTtl } }),
    ...(scheduling === null ? {} : { scheduling: { timezone: scheduling.timezone, schedule: scheduling.schedules } }),
  });
  return faults.map(problemOf);
}

/** Blocks of which there is one at most, which a path through the configuration counts all the same. */
const singleBlocks = new Set(["prebuilds", "expiration_policy", "scheduling"]);

/** `prebuilds.scheduling.schedule[2].cron` becomes `["prebuilds", 0, "scheduling", 0, "schedule", 2, "cron"]`. */
function problemOf({ field, reason }: PresetFault): RuleProblem {
  const path = field.split(".").flatMap((part): readonly (string | number)[] => {
    const [, name = part, index] = /^(\w+)\[(\d+)\]$/.exec(part) ?? [];
    if (index !== undefined) return [name, Number(index)];
    return singleBlocks.has(name) ? [name, 0] : [name];
  });
  return { path, summary: "The prebuilds of a preset are not sound", detail: `In ${field}: ${reason}.` };
}
