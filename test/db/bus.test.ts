import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryBus } from "../../src/bus/memory-bus.ts";
import { PostgresBus } from "../../src/bus/postgres-bus.ts";
import type { PresetId } from "../../src/contracts/ids.ts";
import type { Topic } from "../../src/contracts/news.ts";
import { memoryLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/silent-proxy.ts";
import { waitUntil } from "../support/wait-until.ts";

interface Listener {
  readonly bus: PostgresBus;
  readonly heard: Topic[];
  listen(...topics: readonly Topic[]): void;
}

async function testDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ content: "empty" });
  onTestFinished(() => database.drop());
  return database;
}

/** A server's bus, that notes what it hears. */
async function startBus(
  { connection }: Pick<TestDatabase, "connection">,
  timing?: { readonly pingMs: number; readonly answerMs: number },
): Promise<Listener> {
  const serverId = systemRandom.uuid();
  const bus = new PostgresBus({
    connection,
    logger: memoryLogger(),
    serverId,
    ...(timing === undefined ? {} : { timing }),
  });
  await bus.start();
  onTestFinished(() => bus.stop());
  const heard: Topic[] = [];
  return {
    bus,
    heard,
    listen: (...topics) => {
      for (const topic of topics) bus.subscribe(topic, () => heard.push(topic));
    },
  };
}

async function withClient<Value>(database: TestDatabase, work: (client: pg.Client) => Promise<Value>): Promise<Value> {
  const client = new pg.Client({ ...database.connection, database: "postgres" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const listening = "select pid from pg_stat_activity where datname = $1 and application_name = 'prewarm-bus'";

function cutBuses(database: TestDatabase): Promise<number> {
  return withClient(database, async (client) => {
    const text = `select pg_terminate_backend(pid) from (${listening}) l`;
    return (await client.query(text, [database.connection.database])).rows.length;
  });
}

function countBuses(database: TestDatabase): Promise<number> {
  return withClient(database, async (client) => {
    return (await client.query(listening, [database.connection.database])).rows.length;
  });
}

describe("news over PostgreSQL", () => {
  it("reach the listeners of the other server, and those of their own exactly once", async () => {
    const database = await testDatabase();
    const [one, other] = [await startBus(database), await startBus(database)];
    for (const server of [one, other]) server.listen("jobs", "pools");
    one.bus.publish(["jobs"]);
    expect(one.heard, "in the same process at once").toEqual(["jobs"]);
    await waitUntil("the other has heard", () => other.heard.length > 0);
    // What the other says travels behind what the first said: when it is here, an echo would be too.
    other.bus.publish(["pools"]);
    await waitUntil("the answer is here", () => one.heard.includes("pools"));
    expect(one.heard).toEqual(["jobs", "pools"]);
    expect(other.heard).toEqual(["jobs", "pools"]);
  });

  it("of the same moment travel together, each topic once, however many there are", async () => {
    const database = await testDatabase();
    const [one, other] = [await startBus(database), await startBus(database)];
    const topics = Array.from({ length: 500 }, (): Topic => `pool:${systemRandom.uuid() as PresetId}`);
    other.listen(...topics, "settings");
    for (const topic of [...topics, ...topics]) one.bus.publish([topic]);
    one.bus.publish(["settings"]);
    await waitUntil("the last is heard", () => other.heard.includes("settings"));
    expect(other.heard).toEqual([...topics, "settings"]);
  });

  it("are not told to whom has unsubscribed", async () => {
    const database = await testDatabase();
    const one = await startBus(database);
    let heard = 0;
    const unsubscribe = one.bus.subscribe("jobs", () => {
      heard += 1;
    });
    one.bus.publish(["jobs"]);
    unsubscribe();
    one.bus.publish(["jobs"]);
    expect(heard).toBe(1);
  });
});

describe("a lost connection", () => {
  it("comes back by itself; everybody looks again, and news flow as before", async () => {
    const database = await testDatabase();
    const [one, other] = [await startBus(database), await startBus(database)];
    one.listen("pools");
    other.listen("jobs");
    expect(await cutBuses(database)).toBe(2);
    await waitUntil("both were told to look again", () => one.heard.length > 0 && other.heard.length > 0);
    other.heard.length = 0;
    one.bus.publish(["jobs"]);
    await waitUntil("the news are heard", () => other.heard.length > 0);
    expect(other.heard).toEqual(["jobs"]);
  });

  it("while it is away, publishing neither fails nor waits", async () => {
    const database = await testDatabase();
    const one = await startBus(database);
    one.listen("jobs");
    await cutBuses(database);
    one.bus.publish(["jobs"]);
    expect(one.heard).toEqual(["jobs"]);
  });

  it.each([
    "silence",
    "swallowAnswers",
  ] as const)("is made anew when the line falls silent (%s), and everybody looks again", async (break_) => {
    const database = await testDatabase();
    const { proxy, connection } = await startDatabaseProxy(database.connection);
    onTestFinished(() => proxy.close());
    const one = await startBus({ connection }, { pingMs: 20, answerMs: 300 });
    one.listen("jobs");
    proxy[break_]();
    await waitUntil("the silence is noticed", () => !one.bus.isConnected);
    const other = await startBus(database);
    other.bus.publish(["jobs"]);
    expect(one.heard).toEqual([]);
    proxy.speak();
    await waitUntil("it listens again, and looks", () => one.bus.isConnected && one.heard.length > 0);
    const before = one.heard.length;
    other.bus.publish(["jobs"]);
    await waitUntil("it hears again", () => one.heard.length > before);
  });

  it("does not keep a bus from stopping while it is silent", async () => {
    const database = await testDatabase();
    const { proxy, connection } = await startDatabaseProxy(database.connection);
    onTestFinished(() => proxy.close());
    const one = await startBus({ connection }, { pingMs: 60_000, answerMs: 300 });
    proxy.silence();
    one.bus.publish(["jobs"]);
    await one.bus.stop();
    expect(one.bus.isConnected).toBe(false);
  });

  it("is not looked for any more once the bus is stopped, whenever that happens", async () => {
    const database = await testDatabase();
    for (let round = 0; round < 3; round += 1) {
      const one = await startBus(database);
      await cutBuses(database);
      // In the last round it is stopped while it connects again.
      if (round > 0) await waitUntil("the loss was noticed", async () => (await countBuses(database)) === 0);
      // Its connection comes to nothing, or is given up: either ends before the database goes.
      const starting = round > 1 ? one.bus.start().catch(() => undefined) : undefined;
      await one.bus.stop();
      await starting;
    }
    await waitUntil("nobody listens any more", async () => (await countBuses(database)) === 0);
  });
});

describe("news in memory", () => {
  it("reach every listener of their topic, and no other", () => {
    const bus = new MemoryBus();
    const heard: string[] = [];
    bus.subscribe("jobs", () => heard.push("one"));
    bus.subscribe("jobs", () => heard.push("two"));
    bus.subscribe("pools", () => heard.push("three"));
    bus.publish(["jobs"]);
    expect(heard).toEqual(["one", "two"]);
  });

  it("a listener that unsubscribes while it is told keeps no other from hearing", () => {
    const bus = new MemoryBus();
    const heard: string[] = [];
    const unsubscribe = bus.subscribe("jobs", () => {
      heard.push("once");
      unsubscribe();
    });
    bus.subscribe("jobs", () => heard.push("always"));
    bus.publish(["jobs"]);
    bus.publish(["jobs"]);
    expect(heard).toEqual(["once", "always", "always"]);
  });
});
