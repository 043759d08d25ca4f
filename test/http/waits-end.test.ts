// What waits on the server ends with whoever waits for it, and with the server, by a code that says to try again.
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type HandRunServer, startHandRunServer } from "../support/hand-run-server.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, putPrebuilds } from "../support/prebuild-rows.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

interface Waiting {
  readonly fx: Fixture;
  readonly server: HandRunServer;
  readonly template: PublishedTemplate;
  /** Waits for a prebuild. */
  create(name: string, mode: "wait" | "warm_only", signal?: AbortSignal): Promise<Response>;
  /** Subscriptions to topics of this kind. */
  waiters(kind: string): number;
}

async function emptyPool(): Promise<Waiting> {
  const fx = await testFixture();
  const topics: string[] = [];
  const news = {
    subscribe: (topic: string, listener: () => void) => {
      topics.push(topic);
      const stop = fx.bus.subscribe(topic as never, listener);
      return () => {
        topics.splice(topics.indexOf(topic), 1);
        stop();
      };
    },
    subscribeAll: (listener: (topic: undefined) => void) => fx.bus.subscribeAll(() => listener(undefined)),
  };
  const template = await publishTemplate(fx, { presets: { large: 1 }, claimEffect: "none" });
  const server = await startHandRunServer({ ...fx, context: { ...fx.context, news } }, {});
  onTestFinished(() => server.stop());
  return {
    fx,
    server,
    template,
    waiters: (kind) => topics.filter((topic) => topic.startsWith(kind)).length,
    create: async (name, mode, signal) =>
      await fetch(`${server.url}/api/v1/workspaces`, {
        method: "POST",
        headers: { authorization: `Bearer ${server.admin.token}`, "content-type": "application/json" },
        body: JSON.stringify({ name, template: template.name, preset: "large", mode, waitMs: 600_000 }),
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

test("who hangs up waits no longer, and takes nothing from those who come after", async () => {
  const { fx, template, create, waiters } = await emptyPool();
  const hangUp = new AbortController();
  const left = create("left", "wait", hangUp.signal).catch(() => "left");
  await waitUntil("it waits", () => waiters("pool:") === 1);
  hangUp.abort();
  expect(await left).toBe("left");
  await waitUntil("it waits no longer", () => waiters("pool:") === 0);
  await putPrebuilds(fx, template.preset(), 1);
  fx.store.publish([`pool:${template.preset()}`]);
  expect((await create("here", "warm_only")).status).toBe(201);
  expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 1 });
});

test("when the server stops a wait is answered by a code to try again, and nothing is built", async () => {
  const { fx, server, create, waiters } = await emptyPool();
  const answer = create("waiting", "wait");
  await waitUntil("it waits", () => waiters("pool:") === 1);
  await server.stop();
  const response = await answer;
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await response.json()).toMatchObject({ error: { code: "server_stopping" } });
  expect(await fx.number("select count(*) from workspaces where name = 'waiting'")).toBe(0);
});

test("when the server stops streams end, and it does not wait for those who read them", async () => {
  const { server, waiters } = await emptyPool();
  const stream = await fetch(`${server.url}/api/v1/notifications/stream`, {
    headers: { authorization: `Bearer ${server.admin.token}` },
  });
  expect(stream.status).toBe(200);
  await waitUntil("it is open", () => waiters("inbox:") === 1);
  const begunMs = performance.now();
  await server.stop();
  await stream.text();
  expect(performance.now() - begunMs).toBeLessThan(4_000);
});

test("when the server stops it does not wait for a connection on which nobody has asked anything", async () => {
  const { server } = await emptyPool();
  const { hostname: host, port } = new URL(server.url);
  const silent = connect({ host, port: Number(port) });
  const closed = new Promise((resolve) => silent.once("close", resolve));
  // The server has it once a later one was answered.
  await new Promise((resolve) => silent.once("connect", resolve));
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const begunMs = performance.now();
  await server.stop();
  await closed;
  expect(performance.now() - begunMs).toBeLessThan(4_000);
});

test("a daemon's long poll ends without a job when the server stops, and not by a cut", async () => {
  const { fx, server, waiters } = await emptyPool();
  const { secret } = await server.admin.call("createDaemonKey", { body: { name: "rack" } });
  const daemon = server.client(secret);
  const incarnation = "00000000-0000-4000-8000-000000000001";
  const about = { name: "rack", incarnation, drivers: ["fake-none"], tags: {}, concurrency: 1, version: "test" };
  const { daemonId } = await daemon.call("registerDaemon", { body: about });
  const poll = daemon.call("leaseJob", { body: { daemonId, incarnation, waitMs: 30_000 } });
  await waitUntil("it is held open", () => waiters("jobs") === 1);
  await server.stop();
  expect(await poll).toEqual({ job: null });
  expect(fx.logger.entries.filter((entry) => entry.level === "error")).toEqual([]);
});
