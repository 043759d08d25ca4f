// Presence is a level: what the table of agents says is compared with the connections that a server really holds.
import { expect, it, onTestFinished } from "vitest";
import type { AgentId, WorkspaceId } from "../../src/contracts/ids.ts";
import type { Controller } from "../../src/controllers/controller.ts";
import { createServerPresence } from "../../src/controllers/server-presence.ts";
import { examine } from "../../src/app/system/doctor.ts";
import { offsetClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { HeldConnections } from "../support/held-connections.ts";
import { ledgerCounts, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import type { TestServer } from "../support/server.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

const goOn = new AbortController().signal;

interface Present {
  readonly controller: Controller;
  readonly connections: HeldConnections;
}

function present(fx: Fixture, server: TestServer, serverLostMs?: number): Present {
  const connections = new HeldConnections();
  const controller = createServerPresence({
    db: server.store,
    clock: { ...offsetClock(fx.clock), setOffsetMs: () => undefined },
    localClock: fx.clock,
    logger: fx.logger,
    serverId: server.id,
    serverUrl: () => `http://127.0.0.1/${server.id}`,
    version: "test",
    connections,
    selfReport: () => ({ hung: [], hearsNews: true, stateKeyId: "key", takesRelayTickets: true }),
    ...(serverLostMs === undefined ? {} : { serverLostMs }),
  });
  onTestFinished(async () => controller.release?.());
  return { controller, connections };
}

async function doctorMessages(fx: Fixture): Promise<string> {
  const { findings } = await examine(fx.context, fx.admin, () => []);
  return findings.flatMap(({ severity, message }) => (severity === "ok" ? [] : [message])).join("\n");
}

it("what agrees is not written again", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  const { controller, connections } = present(fx, fx);
  await putPrebuilds(fx, template.preset(), 3);
  await connections.holdListed(fx);
  expect(await controller.run(goOn)).toMatchObject({ fields: { held: 3, listed: 3, settled: 0, unserved: 0 } });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 3 });
});

it("agents that another server wrongly cut off are claimable again after one heartbeat, and the doctor says what is wrong meanwhile", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  const { controller, connections } = present(fx, fx);
  await putPrebuilds(fx, template.preset(), 5);
  await connections.holdListed(fx);
  await controller.run(goOn);
  await fx.rows("update agents set server_id = null, connection_id = null, disconnected_at = $1", [fx.clock.now()]);
  await fx.rows("update prebuilds set state = 'starting'");
  expect(await doctorMessages(fx)).toContain("5 agents of prebuilds were ready and are not connected");
  expect(await controller.run(goOn)).toMatchObject({ fields: { settled: 5 } });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 5 });
  expect(await doctorMessages(fx)).not.toContain("agents of prebuilds");
  expect(await controller.run(goOn)).toMatchObject({ fields: { settled: 0 } });
});

it("a goodbye that could not be written is written by the next heartbeat", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  const { controller, connections } = present(fx, fx);
  await putPrebuilds(fx, template.preset(), 2);
  await connections.holdListed(fx);
  const [gone] = [...connections.all.keys()];
  if (gone !== undefined) connections.all.delete(gone);
  expect(await controller.run(goOn)).toMatchObject({ fields: { settled: 1, listed: 2 } });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1, starting: 1 });
});

it("a difference that stays is shown as long as it stays", async () => {
  const fx = await testFixture();
  await publishTemplate(fx);
  const { controller, connections } = present(fx, fx);
  const agentId = systemRandom.uuid() as AgentId;
  // Retired, or never known: it is closed, and until it is gone the two differ.
  connections.close = (): void => undefined;
  connections.all.set(agentId, { agentId, connectionId: systemRandom.uuid(), since: fx.clock.now(), state: null });
  await controller.run(goOn);
  await controller.run(goOn);
  await fx.rows("update servers set report = jsonb_set(report, '{agents,differSince}', to_jsonb($1::text))", [
    new Date(fx.clock.now().getTime() - 20_000).toISOString(),
  ]);
  expect(await doctorMessages(fx)).toContain("holds 1 agents, and the database says 0");
});

it("of two connections of one agent the newer one counts, and the older one is closed where it is", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  const workspaceId = await putPrebuild(fx, template.preset());
  const here = present(fx, fx);
  await here.connections.holdListed(fx);
  const [older] = [...here.connections.all.values()];
  if (older === undefined) throw new Error("no agent was made");
  const other = fx.addServer();
  const newer = { ...older, connectionId: systemRandom.uuid(), since: new Date(fx.clock.now().getTime() + 1) };
  const there = present(fx, other);
  there.connections.all.set(newer.agentId, newer);
  // Stored at the other one: this server's connection is half-open, and it has not noticed yet.
  await there.controller.run(goOn);
  await here.controller.run(goOn);
  expect(here.connections.closed).toEqual(["superseded"]);
  expect(there.connections.closed).toEqual([]);
  expect(await fx.rows("select server_id, connection_id from agents where workspace_id = $1", [workspaceId])).toEqual([
    { server_id: other.id, connection_id: newer.connectionId },
  ]);
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1 });
});

it("an agent whose build was replaced while nobody looked is told so", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  await putPrebuild(fx, template.preset());
  const { controller, connections } = present(fx, fx);
  await connections.holdListed(fx);
  await fx.rows("update agents set retired_at = $1, server_id = null, connection_id = null", [fx.clock.now()]);
  fx.breakOnPurpose();
  await controller.run(goOn);
  expect(connections.closed).toEqual(["retired"]);
});

it("a state that the database has lost is written again", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  await putPrebuild(fx, template.preset());
  const { controller, connections } = present(fx, fx);
  await connections.holdListed(fx);
  await fx.rows("update agents set state = 'starting'");
  await fx.rows("update prebuilds set state = 'starting'");
  expect(await controller.run(goOn)).toMatchObject({ fields: { settled: 1 } });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1 });
});

it("a claim whose wake-up was lost is told again, and the oldest one is shown", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  await putPrebuild(fx, template.preset());
  const { controller, connections } = present(fx, fx);
  await connections.holdListed(fx);
  const made = await create(fx, { template: template.name, preset: "large" });
  expect(made.outcome).toBe("claimed");
  await fx.rows("update prebuilds set handed_over_at = coalesce(handed_over_at, $1)", [fx.clock.now()]);
  await controller.run(goOn);
  expect(connections.poked, "it is only on its way").toEqual([]);
  fx.clock.advance(90_000);
  expect(await controller.run(goOn)).toMatchObject({ fields: { unserved: 1 } });
  expect(connections.poked).toHaveLength(1);
  await controller.run(goOn);
  expect(await doctorMessages(fx)).toContain("has not taken its owner's claim over");
  await fx.rows("update agents set acknowledged_generation = 1 where workspace_id = $1", [
    made.workspace.id as WorkspaceId,
  ]);
  expect(await controller.run(goOn)).toMatchObject({ fields: { unserved: 0 } });
});

it("S4: a server that dies without a goodbye has its agents taken off the claimable ones, once it was watched for the window", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx);
  const dying = present(fx, fx);
  await putPrebuild(fx, template.preset());
  await dying.connections.holdListed(fx);
  await dying.controller.run(goOn);
  const other = present(fx, fx.addServer(), 300);
  expect(await other.controller.run(goOn)).toMatchObject({ fields: { stranded: 0 } });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1 });
  await waitUntil("it is taken for dead", async () => {
    const { fields } = await other.controller.run(goOn);
    return fields["stranded"] === 1;
  });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ starting: 1 });
  // It was not dead after all.
  expect(await dying.controller.run(goOn)).toMatchObject({ fields: { settled: 1 } });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 1 });
});

it("a server that says goodbye leaves no trace, and its clock follows the database's", async () => {
  const fx = await testFixture();
  let offset = Number.NaN;
  const controller = createServerPresence({
    db: fx.store,
    clock: { ...offsetClock(fx.clock), setOffsetMs: (ms) => (offset = ms) },
    localClock: fx.clock,
    logger: fx.logger,
    serverId: fx.id,
    serverUrl: () => "http://127.0.0.1:1",
    version: "test",
    connections: new HeldConnections(),
    selfReport: () => ({ hung: [], hearsNews: true, stateKeyId: "key", takesRelayTickets: true }),
  });
  await controller.run(goOn);
  const expectedMs = (await fx.rows<{ now: Date }>("select clock_timestamp() as now"))[0]?.now.getTime() ?? 0;
  expect(Math.abs(offset - (expectedMs - fx.clock.now().getTime()))).toBeLessThan(10_000);
  expect(await fx.number("select count(*) from servers")).toBe(1);
  await controller.release?.();
  expect(await fx.number("select count(*) from servers")).toBe(0);
});
