import {
  agentEnvMax,
  agentMetadataMax,
  AgentMetadataItem,
  AgentScript,
  agentScriptsMax,
  AgentSettings,
  type BuiltAgent,
} from "../../../../contracts/agent-settings.ts";
import { CodedError } from "../../../../contracts/errors.ts";
import { agentSettingsBytesMax, agentsMax } from "../../../../contracts/limits.ts";
import { agentNameOf } from "./agent-name.ts";
import { fieldsOf, type Fields, itemsOf, numberOf, textOf } from "../json-fields.ts";
import { mergedEnv } from "./merged-env.ts";

/** What a build has told of its agents, and what belongs to none of them. */
export interface BuiltAgents {
  readonly agents: readonly BuiltAgent[];
  /** Addresses of scripts and variables. */
  readonly strays: readonly string[];
}

/** A resource as Terraform's JSON has it. */
export interface BuiltResource {
  readonly address: string;
  readonly name: string;
  readonly values: Fields;
}

/**
 * Reads agents, and the scripts and variables that name them by `agent_id`, of the `values` of Terraform's JSON after a
 * build. An agent is called like its resource, as `agentNameOf` has it. Errors: `build_failed`, naming what is too much or contradicts itself.
 */
export function builtAgents(values: unknown): BuiltAgents {
  const all = resourcesOf(fieldsOf(fieldsOf(values)["root_module"]));
  const ofType = (type: string): readonly BuiltResource[] =>
    all.filter((resource) => resource.type === type).toSorted(byAddress);
  const agents = ofType("coder_agent");
  if (agents.length > agentsMax) throw refused(`There are ${agents.length} agents; at most ${agentsMax} are allowed.`);
  const names = new Map<string, string>();
  for (const { name: resourceName, address } of agents) {
    const name = agentNameOf(resourceName);
    const other = names.get(name);
    if (other !== undefined) throw refused(`${other} and ${address} are both the agent "${name}".`);
    names.set(name, address);
  }
  const [scripts, envs] = [ofType("coder_script"), ofType("coder_env")];
  const ids = new Set(agents.map(({ values: { id } }) => textOf(id)));
  return {
    agents: agents.map((agent) => builtAgent(agent, { scripts, envs })),
    strays: [...scripts, ...envs].filter((resource) => !ids.has(agentIdOf(resource))).map(({ address }) => address),
  };
}

function builtAgent(
  agent: BuiltResource,
  all: { readonly scripts: readonly BuiltResource[]; readonly envs: readonly BuiltResource[] },
): BuiltAgent {
  const id = textOf(agent.values["id"]);
  const own = (resources: readonly BuiltResource[]): readonly BuiltResource[] =>
    resources.filter((resource) => agentIdOf(resource) === id);
  const merged = mergedEnv(agent, own(all.envs));
  if (merged.kind === "twice") {
    throw refused(`${merged.first} and ${merged.second} both set ${merged.name}, which merge_strategy forbids.`);
  }
  const env = merged.env;
  requireAtMost(agent, { what: "variables", count: Object.keys(env).length, max: agentEnvMax });
  const scripts = [...ownScripts(agent, id), ...own(all.scripts).map(scriptOf)];
  requireAtMost(agent, { what: "scripts", count: scripts.length, max: agentScriptsMax });
  const items = itemsOf(agent.values["metadata"]).map(fieldsOf);
  requireAtMost(agent, { what: "metadata blocks", count: items.length, max: agentMetadataMax });
  const settings: AgentSettings = {
    directory: textOf(agent.values["dir"]),
    env,
    motdFile: textOf(agent.values["motd_file"]),
    scripts,
    metadata: items.map((item) => metadataOf(agent, item)),
  };
  requireFitting(agent.address, AgentSettings.properties, settings);
  const bytes = Buffer.byteLength(JSON.stringify(settings));
  if (bytes > agentSettingsBytesMax) {
    const text = `scripts, variables and metadata of ${agent.address} have ${bytes} bytes together`;
    throw refused(`The ${text}; at most ${agentSettingsBytesMax} are allowed.`);
  }
  return { name: agentNameOf(agent.name), settings };
}

/** The short forms of a script that an agent's own block has. */
function ownScripts({ address, values }: BuiltResource, id: string): readonly AgentScript[] {
  const common = { icon: "", cron: null, timeoutMs: null, logPath: "" };
  const [start, stop] = [textOf(values["startup_script"]), textOf(values["shutdown_script"])];
  const blocksLogin = values["startup_script_behavior"] === "blocking";
  const scripts: AgentScript[] = [
    { ...common, id: `${id}-start`, name: "Startup Script", run: start, onStart: true, onStop: false, blocksLogin },
    {
      ...common,
      id: `${id}-stop`,
      name: "Shutdown Script",
      run: stop,
      onStart: false,
      onStop: true,
      blocksLogin: false,
    },
  ];
  const given = scripts.filter(({ run }) => run !== "");
  for (const script of given) requireFitting(address, AgentScript.properties, script);
  return given;
}

function scriptOf({ address, values }: BuiltResource): AgentScript {
  const seconds = numberOf(values["timeout"]) ?? 0;
  const cron = textOf(values["cron"]);
  const script: AgentScript = {
    id: textOf(values["id"]),
    name: textOf(values["display_name"]),
    icon: textOf(values["icon"]),
    run: textOf(values["script"]),
    onStart: values["run_on_start"] === true,
    onStop: values["run_on_stop"] === true,
    cron: cron === "" ? null : cron,
    timeoutMs: seconds > 0 ? Math.ceil(seconds * 1_000) : null,
    logPath: textOf(values["log_path"]),
    blocksLogin: values["start_blocks_login"] === true,
  };
  requireFitting(address, AgentScript.properties, script);
  return script;
}

function metadataOf({ address }: BuiltResource, item: Fields): AgentMetadataItem {
  const key = textOf(item["key"]);
  const intervalMs = atLeastASecond(numberOf(item["interval"]) ?? 0);
  const seconds = numberOf(item["timeout"]) ?? 0;
  const read: AgentMetadataItem = {
    key,
    name: textOf(item["display_name"]),
    run: textOf(item["script"]),
    intervalMs,
    timeoutMs: seconds > 0 ? atLeastASecond(seconds) : intervalMs,
    order: Math.trunc(numberOf(item["order"]) ?? 0),
  };
  requireFitting(`${address}, metadata "${key}"`, AgentMetadataItem.properties, read);
  return read;
}

function atLeastASecond(seconds: number): number {
  return Math.ceil(Math.max(1, seconds) * 1_000);
}

function requireAtMost(
  { address }: BuiltResource,
  { what, count, max }: { readonly what: string; readonly count: number; readonly max: number },
): void {
  if (count > max) throw refused(`${address} has ${count} ${what}; at most ${max} are allowed.`);
}

/** Holds the lengths of the contract against texts, so that the server does not refuse the whole without saying where. */
function requireFitting(
  address: string,
  properties: Readonly<Record<string, unknown>>,
  told: Readonly<Record<string, unknown>>,
): void {
  for (const [field, schema] of Object.entries(properties)) {
    const value = told[field];
    const { minLength, maxLength } = fieldsOf(schema);
    if (typeof value !== "string") continue;
    if (value.length < (numberOf(minLength) ?? 0)) throw refused(`${address} has no ${field}.`);
    const max = numberOf(maxLength) ?? Infinity;
    if (value.length > max) {
      throw refused(`${field} of ${address} has ${value.length} characters; at most ${max} are allowed.`);
    }
  }
}

function refused(message: string): CodedError {
  return new CodedError("build_failed", message, { next: "Correct the template, and push it again." });
}

function agentIdOf({ values }: BuiltResource): string {
  return textOf(values["agent_id"]);
}

function byAddress(one: BuiltResource, other: BuiltResource): number {
  return one.address < other.address ? -1 : Number(one.address > other.address);
}

function resourcesOf(module: Fields): readonly (BuiltResource & { readonly type: string })[] {
  const own = itemsOf(module["resources"])
    .map(fieldsOf)
    .filter(({ mode }) => mode === "managed")
    .map(({ address, type, name, values }) => ({
      address: textOf(address),
      type: textOf(type),
      name: textOf(name),
      values: fieldsOf(values),
    }));
  return [...own, ...itemsOf(module["child_modules"]).map(fieldsOf).flatMap(resourcesOf)];
}
