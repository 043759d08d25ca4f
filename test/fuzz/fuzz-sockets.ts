import { WebSocket } from "ws";
import { agentConnectPath, AgentToServer, ExecFromClient, execPath } from "../../src/contracts/agent-protocol.ts";
import { Chance } from "./chance.ts";
import { hostileTexts, jsonOf } from "./hostile-values.ts";
import { type Draw, hostileValue, mutated, type Schema, validValue } from "./schema-values.ts";
import type { Role, World } from "./world.ts";

const framesPerSocketMax = 12;
/** A conversation that has not ended by then is ended from here. */
const conversationMs = 400;
const readMsMax = 10_000;

/** Sends frames of agents and of people who run commands. @returns what was wrong with the server afterwards. */
export async function fuzzSockets(
  world: World,
  { frames, seed }: { readonly frames: number; readonly seed: number },
): Promise<readonly string[]> {
  const draw: Draw = { chance: new Chance(seed + 1), known: world.known };
  const wrong = new Set<string>();
  const before = world.server.logger.entries.length;
  for (let sent = 0; sent < frames; ) {
    const isAgent = draw.chance.is(0.5);
    const count = 1 + draw.chance.below(framesPerSocketMax);
    const schema = (isAgent ? AgentToServer : ExecFromClient) as unknown as Schema;
    const texts = Array.from({ length: count }, () => drawFrame(schema, draw));
    await converse(world, isAgent ? agentSocket(world) : execSocket(world, draw), texts);
    sent += count;
    for (const fault of await unreadable(world, draw)) wrong.add(fault);
  }
  for (const { level, message, fields } of world.server.logger.entries.slice(before)) {
    const isLost = message.startsWith("a report of an agent could not be stored");
    if (level === "error" || isLost) wrong.add(`${message} ${JSON.stringify(fields).slice(0, 400)}`);
  }
  return [...wrong];
}

function drawFrame(schema: Schema, draw: Draw): string | Buffer {
  const { chance } = draw;
  if (chance.is(0.05)) return Buffer.from([0, 255, 254, 128, chance.below(256)]);
  if (chance.is(0.05)) return chance.oneOf(["", "{", "null", "[]", "\0", '"a"', chance.oneOf(hostileTexts)]);
  const valid = validValue(schema, draw);
  return jsonOf(chance.is(0.4) ? valid : chance.is(0.1) ? hostileValue(chance) : mutated(valid, chance));
}

interface Where {
  readonly path: string;
  readonly role: Role;
}

function agentSocket(world: World): Where {
  void world;
  return { path: agentConnectPath, role: "agent" };
}

function execSocket(world: World, { chance }: Draw): Where {
  const ids = world.known("workspaceId");
  const which = chance.is(0.8) && ids.length > 0 ? String(chance.oneOf(ids)) : encodeURIComponent("\0");
  return { path: execPath(which), role: chance.oneOf<Role>(["administrator", "member", "nobody"]) };
}

async function converse(world: World, { path, role }: Where, texts: readonly (string | Buffer)[]): Promise<void> {
  const token = world.tokenOf(role);
  const socket = new WebSocket(`${world.server.url.replace("http", "ws")}${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  await new Promise<void>((resolve) => {
    const limit = setTimeout(() => socket.terminate(), conversationMs);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(limit);
      resolve();
    });
    socket.on("open", () => {
      for (const text of texts) socket.send(text);
      socket.ping();
    });
  });
}

/** What people read of agents: one stored line that cannot be read would take all others with it. */
async function unreadable(world: World, { chance }: Draw): Promise<readonly string[]> {
  const workspace = String(chance.oneOf(world.known("workspaceId")));
  const paths = [`/api/v1/workspaces/${workspace}/logs?limit=5000`, `/api/v1/workspaces/${workspace}`, "/healthz"];
  const found: string[] = [];
  for (const path of paths) {
    const answer = await fetch(new URL(path, world.server.url), {
      headers: { authorization: `Bearer ${world.tokenOf("administrator") ?? ""}` },
      signal: AbortSignal.timeout(readMsMax),
    });
    const text = await answer.text();
    if (answer.status >= 500)
      found.push(`${path.replace(workspace, "…")} is answered ${answer.status}: ${text.slice(0, 300)}`);
  }
  return found;
}
