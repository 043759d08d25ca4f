import { WebSocket } from "ws";
import { agentConnectPath, AgentToServer, ExecFromClient, execPath } from "../../src/contracts/agent-protocol.ts";
import { agentTunnelPath, tunnelPath, TunnelRequest } from "../../src/contracts/tunnel.ts";
import { tunnelHeaderBytes } from "../../src/tunnel/frames.ts";
import { Chance } from "./chance.ts";
import { hostileTexts, jsonOf } from "./hostile-values.ts";
import { type Draw, hostileValue, mutated, type Schema, validValue } from "./schema-values.ts";
import type { Role, World } from "./world.ts";

const framesPerSocketMax = 12;
/** A conversation that has not ended by then is ended from here. */
const conversationMs = 400;
const readMsMax = 10_000;

/** Sends frames of agents, of people who run commands, and of both in the tunnel. @returns what was wrong with the server afterwards. */
export async function fuzzSockets(
  world: World,
  { frames, seed }: { readonly frames: number; readonly seed: number },
): Promise<readonly string[]> {
  const draw: Draw = { chance: new Chance(seed + 1), known: world.known };
  const wrong = new Set<string>();
  const before = world.server.logger.entries.length;
  for (let sent = 0; sent < frames; ) {
    const count = 1 + draw.chance.below(framesPerSocketMax);
    const { where, frame } = draw.chance.oneOf(conversations);
    const messages = Array.from({ length: count }, () => frame(draw));
    await converse(world, where(world, draw), messages);
    sent += count;
    for (const fault of await unreadable(world, draw)) wrong.add(fault);
  }
  for (const { level, message, fields } of world.server.logger.entries.slice(before)) {
    const isLost = message.startsWith("a report of an agent could not be stored");
    if (level === "error" || isLost) wrong.add(`${message} ${JSON.stringify(fields).slice(0, 400)}`);
  }
  return [...wrong];
}

interface Conversation {
  readonly where: (world: World, draw: Draw) => Where;
  readonly frame: (draw: Draw) => string | Buffer;
}

const conversations: readonly Conversation[] = [
  { where: () => ({ path: agentConnectPath, role: "agent" }), frame: (draw) => drawFrame(agentFrame, draw) },
  { where: (world, draw) => ofWorkspace(world, draw, execPath), frame: (draw) => drawFrame(execFrame, draw) },
  { where: () => ({ path: agentTunnelPath, role: "agent" }), frame: drawTunnelFrame },
  { where: (world, draw) => ofWorkspace(world, draw, tunnelPath), frame: drawTunnelFrame },
];

const [agentFrame, execFrame, tunnelRequest] = [AgentToServer, ExecFromClient, TunnelRequest] as unknown as [
  Schema,
  Schema,
  Schema,
];

function drawTunnelFrame(draw: Draw): string | Buffer {
  const { chance } = draw;
  if (chance.is(0.05)) return "text";
  const valid = validValue(tunnelRequest, draw);
  const json = chance.is(0.5) ? valid : mutated(valid, chance);
  const payload = chance.is(0.6) ? Buffer.from(jsonOf(json)) : Buffer.alloc(chance.below(40), chance.below(256));
  const header = Buffer.alloc(chance.is(0.95) ? tunnelHeaderBytes : chance.below(tunnelHeaderBytes));
  for (let at = 0; at < header.length; at += 1) header[at] = at === 0 ? chance.below(10) : chance.below(3);
  return Buffer.concat([header, payload]);
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

function ofWorkspace(world: World, { chance }: Draw, path: (workspaceId: string) => string): Where {
  const ids = world.known("workspaceId");
  const which = chance.is(0.8) && ids.length > 0 ? String(chance.oneOf(ids)) : encodeURIComponent("\0");
  return { path: path(which), role: chance.oneOf<Role>(["administrator", "member", "nobody"]) };
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
