// Whose token it is: the agent's that came with it first, on every server, also after a restart, and nobody's who has read it.
import { describe, expect, it } from "vitest";
import { authenticateAgent } from "../../src/app/agents/authenticate-agent.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import type { LeasedJob, PlanReport } from "../../src/contracts/provisioner-protocol.ts";
import { keyOpenAfterClaimMs } from "../../src/contracts/limits.ts";
import { build } from "../support/builds.ts";
import { codeOf, create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, type LeasingDaemon, registerDaemon } from "../support/leasing-daemon.ts";
import { publishTemplate } from "../support/templates.ts";

interface Started {
  readonly fx: Fixture;
  readonly daemon: LeasingDaemon;
  readonly workspaceId: WorkspaceId;
  readonly token: string;
}

function tokenOf(job: LeasedJob | null): string {
  const token = job === null ? null : buildOf(job).agents[0]?.token;
  if (token === null || token === undefined) throw new Error("a start gives its agent a token");
  return token;
}

/** Alice's workspace, started, with an agent that has not come yet. */
async function started(): Promise<Started> {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {} });
  const { workspace } = await create(fx);
  const daemon = await registerDaemon(fx);
  const job = await daemon.take();
  const token = tokenOf(job);
  if (job !== null) await daemon.end(job);
  return { fx, daemon, workspaceId: workspace.id as WorkspaceId, token };
}

const lines = (fx: Fixture): Promise<number> => fx.number("select count(*) from agent_logs");

describe("an agent's token", () => {
  it("is bound to the key that came with it first: without it, or with another, it opens nothing", async () => {
    const { fx, token } = await started();
    const agent = await authenticateAgent(fx.context, token, "the agent's key");
    expect((await authenticateAgent(fx.context, token, "the agent's key")).id).toBe(agent.id);
    expect(await codeOf(authenticateAgent(fx.context, token, undefined))).toBe("unauthenticated");
    expect(await codeOf(authenticateAgent(fx.context, token, "a thief's key"))).toBe("unauthenticated");
    expect((await authenticateAgent(fx.context, token, "the agent's key")).id).toBe(agent.id);
  });

  it("is bound on every server at once", async () => {
    const { fx, token } = await started();
    const other = fx.addServer();
    const outcomes = await Promise.allSettled(
      [fx.context, other.context, fx.context, other.context].map((context, at) =>
        authenticateAgent(context, token, `key ${at}`),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("of an agent of the release before, which has no key, counts as ever until a key has come", async () => {
    const { fx, token } = await started();
    await authenticateAgent(fx.context, token, undefined);
    await authenticateAgent(fx.context, token, undefined);
    await authenticateAgent(fx.context, token, "of the agent that was upgraded");
    expect(await codeOf(authenticateAgent(fx.context, token, undefined))).toBe("unauthenticated");
  });

  it("counts anew after a backup from before its key was restored: the agent comes back with the same key", async () => {
    const { fx, token } = await started();
    await authenticateAgent(fx.context, token, "the agent's key");
    await fx.rows("update agents set key_hash = null");
    await authenticateAgent(fx.context, token, "the agent's key");
    expect(await codeOf(authenticateAgent(fx.context, token, "another"))).toBe("unauthenticated");
  });

  it("is replaced by the next start, whose agent comes with a key of its own", async () => {
    const bed = await started();
    await authenticateAgent(bed.fx.context, bed.token, "the first start's");
    await build(bed.fx, bed.workspaceId, "start");
    const next = tokenOf(await bed.daemon.take());
    await authenticateAgent(bed.fx.context, next, "the second start's");
    expect(await codeOf(authenticateAgent(bed.fx.context, bed.token, "the first start's"))).toBe("unauthenticated");
  });
});

describe("who comes without the key", () => {
  it("several times at once is told of once", async () => {
    const { fx, token } = await started();
    await authenticateAgent(fx.context, token, "the agent's key");
    await Promise.all(["a", "b", "c", "d"].map((key) => codeOf(authenticateAgent(fx.context, token, key))));
    expect(await lines(fx)).toBe(1);
  });

  it("is told of in the agent's log, once in five minutes, and in its state when it is away", async () => {
    const { fx, token } = await started();
    await authenticateAgent(fx.context, token, "the agent's key");
    for (const key of ["a", "b", undefined]) await codeOf(authenticateAgent(fx.context, token, key));
    expect(await lines(fx)).toBe(1);
    const [agent] = await fx.rows<{ detail: string }>("select detail from agents where retired_at is null");
    expect(agent?.detail).toMatch(/without its key.*starting the workspace anew helps/);
    fx.clock.advance(300_001);
    await codeOf(authenticateAgent(fx.context, token, "c"));
    expect(await lines(fx)).toBe(2);
  });

  it("changes nothing of what an agent says of itself while it is connected", async () => {
    const { fx, token } = await started();
    await authenticateAgent(fx.context, token, "the agent's key");
    await fx.rows("update agents set server_id = $1, detail = 'fine'", [fx.id]);
    await codeOf(authenticateAgent(fx.context, token, "a thief's key"));
    expect(await fx.rows("select detail from agents where retired_at is null")).toEqual([{ detail: "fine" }]);
    // That it is gone is stored only now.
    await fx.rows("update agents set server_id = null");
    await codeOf(authenticateAgent(fx.context, token, "the key of an agent without a memory"));
    const [agent] = await fx.rows<{ detail: string }>("select detail from agents where retired_at is null");
    expect(agent?.detail).toContain("without its key");
    expect(await lines(fx)).toBe(1);
  });
});

describe("a claim", () => {
  /** Ends a claim build of the workspace with this plan, its agent bound before. */
  async function claimed(plan: PlanReport): Promise<Started> {
    const bed = await started();
    await authenticateAgent(bed.fx.context, bed.token, "the agent's key");
    await build(bed.fx, bed.workspaceId, "start");
    // A start is turned into what a claim is: the same agents go on.
    await bed.fx.rows("update builds set stage = 'claim' where number = 2");
    const job = await bed.daemon.take();
    if (job === null) throw new Error("a build makes a job");
    await bed.daemon.end(job, { kind: "succeeded", plan });
    return bed;
  }

  it("that changes nothing leaves the token with its agent", async () => {
    const { fx, token } = await claimed({ effect: "nothing", changes: 0, replacements: [] });
    expect(await codeOf(authenticateAgent(fx.context, token, "another"))).toBe("unauthenticated");
    await authenticateAgent(fx.context, token, "the agent's key");
  });

  it("that changes what exists lets an agent whose memory went with it come with another key, once", async () => {
    const { fx, token } = await claimed({ effect: "in_place", changes: 1, replacements: [] });
    await authenticateAgent(fx.context, token, "the agent's key");
    await authenticateAgent(fx.context, token, "of the machine that was made anew");
    expect(await codeOf(authenticateAgent(fx.context, token, "the agent's key"))).toBe("unauthenticated");
    expect(await codeOf(authenticateAgent(fx.context, token, "a thief's key"))).toBe("unauthenticated");
  });

  it("lets it for so long as its limit says", async () => {
    const { fx, token } = await claimed({ effect: "replaces", changes: 1, replacements: [] });
    fx.clock.advance(keyOpenAfterClaimMs + 1);
    expect(await codeOf(authenticateAgent(fx.context, token, "late"))).toBe("unauthenticated");
  });
});
