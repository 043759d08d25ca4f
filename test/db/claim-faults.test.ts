// What is committed is never reported as failed, and nothing is claimed twice, whatever breaks between the two.
import { expect, it, onTestFinished } from "vitest";
import { ClaimQueue } from "../../src/app/workspaces/claim-queue.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import type { ClaimedRow } from "../../src/db/claims/claim.ts";
import { createPool } from "../../src/db/pg-pool.ts";
import type { Statement } from "../../src/db/statement.ts";
import { type Db, Store } from "../../src/db/store.ts";
import { memoryLogger, silentLogger } from "../../src/platform/logger.ts";
import { claimInput, create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, putPrebuilds } from "../support/prebuild-rows.ts";
import { startDatabaseProxy } from "../support/silent-proxy.ts";
import { publishTemplate, type PublishedTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

type Answered = () => Promise<unknown[]>;
/** Decides what becomes of a statement: `answered` runs it, and gives its answer. */
type Fault = (name: string, answered: Answered) => Promise<unknown[]>;

function faulty(db: Db, fault: Fault): Db {
  return new Proxy(db, {
    get: (target, key) => {
      if (key !== "query") return Reflect.get(target, key, target);
      return (statement: Statement<object>, params: unknown[]) =>
        fault(statement.name, () => target.query(statement, params));
    },
  });
}

const lost = (): CodedError =>
  new CodedError("database_unavailable", "The database cannot be reached.", {
    cause: new Error("Connection terminated unexpectedly"),
  });

async function pool(
  count: number,
): Promise<{ fx: Fixture; template: PublishedTemplate; queueOn: (fault: Fault) => ClaimQueue }> {
  const fx = await testFixture({ connectionsMax: 8 });
  const template = await publishTemplate(fx, { presets: { large: count }, claimEffect: "none" });
  await putPrebuilds(fx, template.preset(), count);
  // A place that was found is remembered for a moment, which does not pass here however busy the machine is.
  const options = { logger: silentLogger, monotonicMs: () => 0 };
  return { fx, template, queueOn: (fault) => new ClaimQueue(faulty(fx.store, fault), options) };
}

function claims(
  fx: Fixture,
  template: PublishedTemplate,
  queue: ClaimQueue,
  count: number,
): Promise<ClaimedRow | undefined>[] {
  const from = { templateId: template.templateId, presetId: template.preset() };
  return Array.from({ length: count }, () => queue.claim(claimInput(fx, from)));
}

const isClaim = (name: string): boolean =>
  name.startsWith("claim") && !["claims_committed", "claim_miss"].includes(name);

it("when the look before the remembered place fails, those claimed at the place keep theirs", async () => {
  const { fx, template, queueOn } = await pool(6);
  let batches = 0;
  const queue = queueOn(async (name, answered) => {
    if (name === "claim_batch") batches += 1;
    if (name === "claim_batch" && batches === 2) throw lost();
    return await answered();
  });
  // The first remembers the place. Of the seven after it one goes by itself, and of the six that share a statement two
  // find nothing, and are looked for anew. Awaited, since a slow statement would let the seven go before it has ended.
  const first = await Promise.allSettled(claims(fx, template, queue, 1));
  const settled = [...first, ...(await Promise.allSettled(claims(fx, template, queue, 7)))];
  expect(batches).toBe(2);
  expect(settled.map((one) => one.status).sort()).toEqual([
    ...Array.from({ length: 6 }, () => "fulfilled"),
    ...Array.from({ length: 2 }, () => "rejected"),
  ]);
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 6 });
});

it.each([1, 5])("%i claims whose answer is lost after the commit are answered by what was committed", async (count) => {
  const { fx, template, queueOn } = await pool(8);
  const lossless = await claims(
    fx,
    template,
    queueOn((_, answered) => answered()),
    1,
  )[0];
  const queue = queueOn(async (name, answered) => {
    const rows = await answered();
    if (isClaim(name)) throw lost();
    return rows;
  });
  const rows = await Promise.all(claims(fx, template, queue, count));
  expect(Object.keys(rows[0] ?? {}).filter((key) => key !== "build_id")).toEqual(
    expect.arrayContaining(Object.keys(lossless ?? {}).filter((key) => key !== "nth")),
  );
  for (const row of rows) {
    expect(row).toMatchObject({ is_handed_over: true, build_number: 2, claimed_at: fx.clock.now() });
  }
  expect(new Set(rows.map((row) => row?.workspace_id)).size).toBe(count);
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: count + 1, ready: 7 - count });
});

it("a claim that is lost before its commit is an error and not a miss, and leaves nothing behind", async () => {
  const { fx, template, queueOn } = await pool(2);
  const queue = queueOn(async (name, answered) => {
    if (isClaim(name)) throw lost();
    return await answered();
  });
  const [claim] = claims(fx, template, queue, 1);
  await expect(claim).rejects.toMatchObject({ code: "database_unavailable" });
  await expect(claim).rejects.toThrow("It is not known whether the workspace was created");
  expect(await ledgerCounts(fx, template.preset())).toEqual({ ready: 2 });
});

it("when it cannot be asked either, the answer says so, and the same key gets the workspace", async () => {
  const { fx, template, queueOn } = await pool(2);
  const queue = queueOn(async (name, answered) => {
    if (name === "claims_committed") throw lost();
    const rows = await answered();
    if (isClaim(name)) throw lost();
    return rows;
  });
  const requested = { name: "mine", idempotencyKey: "once" };
  const { context } = fx;
  const failed = await create({ ...fx, context: { ...context, claims: queue } }, requested).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ code: "database_unavailable", next: expect.stringContaining("same idempotency key") });
  const again = await create(fx, requested);
  expect(again).toMatchObject({ outcome: "claimed", workspace: { name: "mine" } });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 1, ready: 1 });
});

it("a database that was never reached is not asked what it did", async () => {
  const { fx, template, queueOn } = await pool(1);
  const asked: string[] = [];
  const queue = queueOn(async (name) => {
    asked.push(name);
    throw new CodedError("database_unavailable", "gone", {
      cause: new Error("timeout exceeded when trying to connect"),
    });
  });
  await expect(claims(fx, template, queue, 1)[0]).rejects.toThrow("gone");
  expect(asked).toHaveLength(1);
});

it("a connection that is cut between the commit and its answer costs nobody his workspace", async () => {
  const { fx, template } = await pool(5);
  const { proxy, connection } = await startDatabaseProxy(fx.database.connection);
  const logger = memoryLogger();
  const connections = createPool({ connection, connectionsMax: 2, idleMax: 2, logger });
  onTestFinished(async () => {
    await connections.end();
    await proxy.close();
  });
  const store = new Store({ pool: connections, logger, publish: () => undefined });
  const queue = new ClaimQueue(store, { logger, monotonicMs: () => performance.now() });
  await claims(fx, template, queue, 1)[0];
  proxy.swallowAnswers();
  const [made] = claims(fx, template, queue, 1);
  await waitUntil("it is committed", async () => (await ledgerCounts(fx, template.preset()))["claimed"] === 2);
  proxy.cut();
  proxy.speak();
  expect(await made).toMatchObject({ build_number: 2 });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 2, ready: 3 });
});
