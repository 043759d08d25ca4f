// Which words and acts follow while a workspace is not there yet, with a server that answers one state after another.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { bringUp } from "../../../src/cli/ssh/bring-up.ts";
import type { StartMode } from "../../../src/contracts/start-rule.ts";
import type { Workspace } from "../../../src/contracts/api/workspaces.ts";
import { CodedError, type ErrorCode } from "../../../src/contracts/errors.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { TunnelDuplex } from "../../../src/tunnel/tunnel-duplex.ts";
import { usableWorkspace } from "../../support/api-samples.ts";

type State = Partial<Workspace>;
const stopped: State = { status: "stopped", isUsable: false };
const starting: State = { status: "starting", isUsable: false };
const running: State = { status: "running", isUsable: true };

interface Scene {
  /** What the server answers, one after another; the last one again and again. */
  readonly states: readonly State[];
  readonly mode?: StartMode;
  readonly agent?: string;
  /** Times that the agent is not reached. */
  readonly misses?: number;
  readonly startFails?: ErrorCode;
  readonly limits?: { readonly buildWaitMs: number; readonly agentWaitMs: number };
}

async function play(scene: Scene) {
  const folder = mkdtempSync(`${tmpdir()}/prewarm-bring-up-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const said: string[] = [];
  const opened: (string | null)[] = [];
  let [seen, starts] = [0, 0];
  const answer = () => ({
    workspace: usableWorkspace({ name: "dev", ...scene.states[Math.min(seen++, scene.states.length - 1)] }),
    buildAgeMs: 0,
  });
  const outcome = await bringUp({
    client: {
      see: async () => answer(),
      start: async () => {
        starts += 1;
        if (scene.startFails !== undefined) throw new CodedError(scene.startFails, "Scripted.");
        return answer();
      },
    },
    host: { workspace: "dev", agent: scene.agent ?? null },
    mode: scene.mode ?? "auto",
    reason: "The agent is away.",
    world: { env: {}, homeDirectory: folder, clock: systemClock, say: (line) => said.push(line) },
    open: async (agent) => {
      opened.push(agent);
      return opened.length > (scene.misses ?? 0) ? new TunnelDuplex(() => undefined) : null;
    },
    limits: { buildWaitMs: 60_000, agentWaitMs: 60_000, lookMs: 1, ...scene.limits },
  }).then(
    () => "connected",
    (error: unknown) =>
      error instanceof CodedError ? `${error.code}: ${error.message} → ${error.next}` : String(error),
  );
  return { outcome, said, opened, starts };
}

test("a stopped workspace is started once, and each change is said once", async () => {
  const played = await play({ states: [stopped, starting, starting, starting, running] });
  expect(played).toEqual({
    outcome: "connected",
    said: ["prewarm: dev is stopped; it is started…", "prewarm: dev is being started…"],
    opened: [null],
    starts: 1,
  });
});

test("one that is being stopped is waited for, and then started", async () => {
  const played = await play({ states: [{ status: "stopping", isUsable: false }, stopped, starting, running] });
  expect(played).toMatchObject({ outcome: "connected", starts: 1 });
});

test("a stop that comes while it is waited for ends the wait", async () => {
  const played = await play({ states: [stopped, starting, starting, stopped] });
  expect(played.outcome).toBe("conflict: dev is stopped. → Start it with `prewarm start dev`.");
  expect(played.starts).toBe(1);
});

test("a start that somebody else has begun is waited for", async () => {
  const played = await play({ states: [stopped, starting, running], startFails: "build_in_progress" });
  expect(played).toMatchObject({ outcome: "connected", starts: 1 });
});

test("a start that the server refuses is told as it is", async () => {
  const played = await play({ states: [stopped], startFails: "quota_exceeded" });
  expect(played.outcome).toMatch(/^quota_exceeded: Scripted\./);
});

test("an agent that comes a little later than its workspace is waited for", async () => {
  const played = await play({ states: [running], misses: 3 });
  expect(played).toMatchObject({ outcome: "connected", opened: [null, null, null, null] });
});

test("an agent that never comes, and a build that never ends, are given up with what to look at", async () => {
  const limits = { buildWaitMs: 60_000, agentWaitMs: 20 };
  const never = await play({ states: [running], misses: Number.POSITIVE_INFINITY, limits });
  expect(never.outcome).toMatch(
    /^agent_unavailable: dev runs, and cannot be reached: The agent is away\. → .*logs dev/,
  );
  const long = await play({ states: [starting], limits: { buildWaitMs: 20, agentWaitMs: 60_000 } });
  expect(long.outcome).toMatch(/^build_timeout: dev was not there after .* → `prewarm show dev`/);
});

test("an agent is called as its template writes it, and one that there is not is said", async () => {
  const agent = {
    id: "77777777-7777-4777-8777-777777777777",
    name: "Main",
    state: "ready",
    detail: "",
    isConnected: true,
    readyAt: null,
    isHandedOver: true,
    claimError: null,
  } as const;
  const agents = [agent];
  expect(await play({ states: [{ ...running, agents }], agent: "main" })).toMatchObject({ opened: ["Main"] });
  const other = await play({ states: [{ ...running, agents }], agent: "other" });
  expect(other.outcome).toBe('not_found: dev has no agent "other". → Its agents are: Main.');
});
