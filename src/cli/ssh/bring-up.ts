import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { sleep } from "../../platform/sleep.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import { connectionAgeMs, type NoteWorld } from "./connection-note.ts";
import type { SmallClient } from "./small-client.ts";
import type { SshHost } from "../../contracts/ssh-host.ts";
import { type StartMode, type StartStep, startStep } from "../../contracts/start-rule.ts";

/** For builds: a workspace without a prebuild may be made of a large image. */
const buildWaitMs = 30 * 60_000;
/** From a workspace's own word that it runs to a stream into it. */
const agentWaitMs = 120_000;
const lookMs = 1_000;
/** What goes on is said again so often: silence is taken for a fault. */
const sayAgainMs = 15_000;

export interface BringUp {
  readonly client: Pick<SmallClient, "see" | "start">;
  readonly host: SshHost;
  readonly mode: StartMode;
  /** Why it was not reached at once. */
  readonly reason: string;
  readonly world: NoteWorld & { readonly say: (line: string) => void };
  /** Null: it is not there yet. */
  readonly open: (agent: string | null) => Promise<TunnelDuplex | null>;
  /** Tests have less patience. */
  readonly limits?: { readonly buildWaitMs: number; readonly agentWaitMs: number; readonly lookMs: number };
}

/**
 * Waits until a workspace that is not there can be reached, and starts it where the start rule says so.
 * Errors: `conflict` with why it is not started; `agent_unavailable` and `build_timeout` when it takes too long.
 */
export async function bringUp(options: BringUp): Promise<TunnelDuplex> {
  const { client, host, world, open } = options;
  const limits = options.limits ?? { buildWaitMs, agentWaitMs, lookMs };
  const begunMs = performance.now();
  const say = progress(world.say, begunMs);
  let runningMs: number | null = null;
  let mode = options.mode;
  for (;;) {
    const { workspace, buildAgeMs } = await client.see(host.workspace);
    const connectedAgeMs = await connectionAgeMs(world, workspace.id);
    const step = startStep({ workspace, mode, buildAgeMs, connectedAgeMs });
    if (step.kind === "refuse") throw new CodedError("conflict", step.message, { next: step.next });
    if (step.kind === "start") {
      say(`${workspace.name} is stopped; it is started…`);
      // Once is enough: a stop that comes while it is waited for was meant.
      if (await start(client, workspace.id)) mode = "never";
      continue;
    }
    const isBuilding = step.kind === "wait" && step.isBuilding;
    runningMs = isBuilding ? null : (runningMs ?? performance.now());
    if (!isBuilding) {
      const stream = await open(agentOf(workspace, host));
      if (stream !== null) return stream;
    }
    say(`${workspace.name} ${wordsOf(step)}…`);
    giveUp({ name: workspace.name, reason: options.reason, begunMs, runningMs, limits });
    await sleep(limits.lookMs);
  }
}

/** As the template writes it, since OpenSSH makes a host's name lower case. Errors: `not_found`. */
function agentOf({ name, agents }: Workspace, { agent }: SshHost): string | null {
  if (agent === null) return null;
  const found = agents.find((each) => each.name.toLowerCase() === agent.toLowerCase());
  if (found !== undefined) return found.name;
  const names = agents.map((each) => each.name).join(", ");
  throw new CodedError("not_found", `${name} has no agent "${agent}".`, {
    next: names === "" ? "It has none." : `Its agents are: ${names}.`,
  });
}

function wordsOf(step: StartStep): string {
  return step.kind === "wait" ? step.what : "runs, and its agent is called";
}

/** False: something else was begun at the same moment, which is looked at again. */
async function start(client: BringUp["client"], id: string): Promise<boolean> {
  try {
    await client.start(id);
    return true;
  } catch (error) {
    const isBegun = error instanceof CodedError && ["build_in_progress", "conflict"].includes(error.code);
    if (!isBegun) throw error;
    return false;
  }
}

interface Patience {
  readonly name: string;
  readonly reason: string;
  readonly begunMs: number;
  readonly runningMs: number | null;
  readonly limits: { readonly buildWaitMs: number; readonly agentWaitMs: number };
}

function giveUp({ name, reason, begunMs, runningMs, limits }: Patience): void {
  const nowMs = performance.now();
  if (runningMs !== null && nowMs - runningMs > limits.agentWaitMs) {
    throw new CodedError("agent_unavailable", `${name} runs, and cannot be reached: ${reason}`, {
      next: `\`prewarm logs ${name}\` shows what its agent says; \`prewarm restart ${name}\`.`,
    });
  }
  if (nowMs - begunMs > limits.buildWaitMs) {
    throw new CodedError("build_timeout", `${name} was not there after ${limits.buildWaitMs / 60_000} minutes.`, {
      next: `\`prewarm show ${name}\` says what it does; it goes on.`,
    });
  }
}

/** Says what is new, and what is not once in a while, with how long it has taken. */
function progress(say: (line: string) => void, begunMs: number): (line: string) => void {
  let last = "";
  let saidMs = Number.NEGATIVE_INFINITY;
  return (line) => {
    const nowMs = performance.now();
    if (line === last && nowMs - saidMs < sayAgainMs) return;
    say(line === last ? `prewarm: ${line} (${Math.round((nowMs - begunMs) / 1_000)} s)` : `prewarm: ${line}`);
    last = line;
    saidMs = nowMs;
  };
}
