import { parseAppRef, appNameLengthMax } from "../../../../../contracts/app-address.ts";
import type { ManifestApp } from "../../../../../contracts/manifest-apps.ts";
import { appCheck, appListener } from "../../../../../platform/manifest-apps.ts";
import { fieldsOf, type Fields, itemsOf, numberOf, textOf } from "../../json-fields.ts";
import { agentNameOf } from "../agent-name.ts";
import type { Finding } from "./finding.ts";
import { configuredBlocks, type Instance, plannedOf } from "./read-blocks.ts";
import { type ModuleCalls, moduleCallsOf, referencesIn, sourcesOf } from "./references.ts";

export interface AppsReading {
  /** By the names of the agents that serve them. */
  readonly apps: ReadonlyMap<string, readonly ManifestApp[]>;
  /** Of those that are left out, or are not all that is said of them. */
  readonly warned: readonly Finding[];
}

const displayNameLengthMax = 64;
const orderMax = 1_000;

/** What differs between the workspaces of a template, of which an import has seen an example alone. */
const varying = /^data\.coder_(?:parameter|workspace|workspace_owner)\./;

/** The apps of a template, from the plan of its import; those that Prewarm cannot serve are left out, and it is said why. */
export function readApps(plan: unknown, agents: readonly { readonly name: string }[]): AppsReading {
  const calls = moduleCallsOf(plan);
  const blocks = configuredBlocks(plan);
  const apps = new Map<string, ManifestApp[]>();
  const warned: Finding[] = [];
  for (const instance of plannedOf(plan, "coder_app")) {
    const configured = blocks.find((block) => isOf(block, instance));
    const expressions = fieldsOf(configured?.fields["expressions"]);
    const agent = agentOf(agents, { calls, instance, expressions });
    const read = agent === null ? "it is not known at the import whose agent serves it" : readApp(instance.values);
    if (typeof read === "string") {
      warned.push({ block: instance, reason: `it is left out: ${read}` });
      continue;
    }
    const own = apps.get(agent ?? "") ?? [];
    if (own.some(({ name }) => name === read.name)) {
      warned.push({ block: instance, reason: `it is left out: the agent has another app "${read.name}"` });
      continue;
    }
    apps.set(agent ?? "", [...own, read]);
    warned.push(...remarks(instance, { calls, expressions }));
  }
  return { apps, warned };
}

function isOf(block: Omit<Finding["block"], "mode">, instance: Instance): boolean {
  return block.type === instance.type && block.name === instance.name && block.module === instance.module;
}

interface Configured {
  readonly calls: ModuleCalls;
  readonly expressions: Fields;
}

/** The agent that an app names by its id; where it cannot be followed there is no doubt as long as there is one alone. */
function agentOf(
  agents: readonly { readonly name: string }[],
  { calls, instance, expressions }: Configured & { readonly instance: Instance },
): string | null {
  const sources = referencesIn(expressions["agent_id"]).flatMap((reference) =>
    sourcesOf(calls, instance.module, reference),
  );
  const named = sources.map((source) => /^coder_agent\.([^.[]+)/.exec(source)?.[1]).find((name) => name !== undefined);
  if (named !== undefined) return agentNameOf(named);
  const [only, ...others] = agents;
  return only === undefined || others.length > 0 ? null : only.name;
}

/** @returns why not, in words. */
function readApp(values: Fields): ManifestApp | string {
  const name = textOf(values["slug"]);
  if (name.length > appNameLengthMax) return `its slug has more than ${appNameLengthMax} characters`;
  if (parseAppRef(name)?.kind === "port") return `its slug "${name}" is what a port is called here`;
  if (values["external"] === true) {
    return "it is a link to somewhere else; `prewarm open --ide` opens a workspace in an editor";
  }
  const app = { ...withoutCheck(name, values), ...healthcheckOf(values) };
  const listener = appListener(app);
  if (typeof listener === "string") return `its address cannot be served: ${listener}`;
  return typeof appCheck(app) === "string" ? withoutCheck(name, values) : app;
}

function withoutCheck(name: string, values: Fields): ManifestApp {
  const url = textOf(values["url"]);
  const command = textOf(values["command"]);
  const displayName = textOf(values["display_name"]).slice(0, displayNameLengthMax);
  const icon = textOf(values["icon"]);
  const order = numberOf(values["order"]) ?? 0;
  const share = values["share"];
  return {
    name,
    ...(displayName === "" ? {} : { display_name: displayName }),
    ...(icon === "" ? {} : { icon }),
    ...(url === "" ? {} : { url }),
    ...(command === "" ? {} : { command }),
    ...(command === "" && (share === "authenticated" || share === "public") ? { share } : {}),
    ...(values["open_in"] === "tab" ? { open_in: "tab" as const } : { open_in: "window" as const }),
    ...(order === 0 ? {} : { order: Math.trunc(Math.max(-orderMax, Math.min(orderMax, order))) }),
    ...(values["hidden"] === true ? { hidden: true } : {}),
  };
}

function healthcheckOf(values: Fields): Pick<ManifestApp, "healthcheck"> {
  const [check] = itemsOf(values["healthcheck"]).map(fieldsOf);
  if (check === undefined) return {};
  const url = textOf(check["url"]);
  const interval = within(numberOf(check["interval"]), 3_600);
  const healthcheck = {
    ...(url === "" ? {} : { url }),
    interval,
    threshold: within(numberOf(check["threshold"]), 100),
  };
  return { healthcheck };
}

function within(value: number | undefined, max: number): number {
  return Math.trunc(Math.max(1, Math.min(max, value ?? 1)));
}

/** What of an app that is served is not as it was said. */
function remarks(instance: Instance, { calls, expressions }: Configured): readonly Finding[] {
  const { values } = instance;
  const words: string[] = [];
  const unheard = ["group", "tooltip"].filter((name) => textOf(values[name]) !== "");
  if (unheard.length > 0) words.push(`${unheard.join(" and ")} ${unheard.length === 1 ? "is" : "are"} not shown yet`);
  const check = appCheck({ ...withoutCheck("app", values), ...healthcheckOf(values) });
  if (typeof check === "string") words.push(`it is not checked: ${check}`);
  const sources = ["url", "command", "healthcheck"]
    .flatMap((name) => referencesIn(expressions[name]))
    .flatMap((reference) => sourcesOf(calls, instance.module, reference));
  if (sources.some((source) => varying.test(source))) {
    words.push(
      "its address depends on the workspace, its owner or a parameter, and is the same for all: that of the import",
    );
  }
  return words.map((reason) => ({ block: instance, reason }));
}
