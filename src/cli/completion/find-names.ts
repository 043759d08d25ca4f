import type { Client } from "../../client/client.ts";
import { pageSizeMax } from "../../contracts/limits.ts";
import { loadContexts } from "../contexts.ts";
import { connect } from "../invocation.ts";
import { sleep } from "../../platform/sleep.ts";
import type { CliWorld } from "../world.ts";
import type { FindNames } from "./candidates.ts";
import type { Cursor } from "./cursor.ts";
import type { NamedKind } from "./named-kinds.ts";

/** A person who presses Tab waits no longer; without names the rest is completed all the same. */
const namesWithinMs = 500;

/** Names for a shell's completion: never an error, never a question, and nothing when they cannot be had in time. */
export function nameFinder(world: CliWorld): FindNames {
  return async (kind, cursor) => {
    const context = cursor.given.get("context");
    const named = context === undefined ? world : { ...world, context };
    const found = find(kind, cursor, named).catch((): readonly string[] => []);
    return await Promise.race([found, sleep(namesWithinMs).then((): readonly string[] => [])]);
  };
}

async function find(kind: NamedKind, cursor: Cursor, world: CliWorld): Promise<readonly string[]> {
  if (kind === "context") return (await loadContexts(world)).contexts.map(({ name }) => name);
  const client = await connect(world, { timeoutMs: namesWithinMs });
  const organization = cursor.given.get("organization");
  const query = { limit: pageSizeMax, ...(organization === undefined ? {} : { organization }) };
  switch (kind) {
    case "workspace":
      return await workspaces(client, cursor.text, query);
    case "template":
      return await templates(client, query);
    case "pool":
      return await pools(client, query);
    case "pool_or_template":
      return [...(await templates(client, query)), ...(await pools(client, query))];
    case "preset":
      return await presets(client, cursor.given.get("template"), query);
    case "file":
      return [];
  }
}

interface Query {
  readonly limit: number;
  readonly organization?: string;
}

/** One's own; those of somebody else once his name and the slash are there. */
async function workspaces(client: Client, text: string, query: Query): Promise<readonly string[]> {
  const slash = text.indexOf("/");
  const owner = slash < 0 ? undefined : text.slice(0, slash);
  const answer = await client.call("listWorkspaces", { query: owner === undefined ? query : { ...query, owner } });
  return answer.workspaces.map(({ name }) => (owner === undefined ? name : `${owner}/${name}`));
}

async function templates(client: Client, query: Query): Promise<readonly string[]> {
  return (await client.call("listTemplates", { query })).templates.map(({ name }) => name);
}

async function pools(client: Client, query: Query): Promise<readonly string[]> {
  const answer = await client.call("listPools", { query });
  return [...new Set(answer.pools.map(({ template, preset }) => `${template}/${preset}`))];
}

async function presets(client: Client, template: string | undefined, query: Query): Promise<readonly string[]> {
  if (template === undefined) {
    const answer = await client.call("listPools", { query });
    return [...new Set(answer.pools.map(({ preset }) => preset))];
  }
  const { organization } = query;
  const answer = await client.call("getTemplate", {
    params: { template },
    query: organization === undefined ? {} : { organization },
  });
  return answer.presets.map(({ name }) => name);
}
