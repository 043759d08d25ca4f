import { expect, onTestFinished } from "vitest";
import type { Actor } from "../../src/app/authorize.ts";
import { ensureFirstRun } from "../../src/app/identity/first-run.ts";
import { MemoryBus } from "../../src/bus/memory-bus.ts";
import type { TokenId, UserId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId, prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { divergentLedger } from "../../src/db/pools/consistency.ts";
import { strayRows } from "../../src/db/pools/consistency-pages.ts";
import { insertUser, userByName } from "../../src/db/people/identity.ts";
import { type ManualClock, manualClock } from "../../src/platform/clock.ts";
import { type MemoryLogger, memoryLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { lendDatabase } from "./lent-database.ts";
import { preservePristine } from "./pristine.ts";
import { connectionsMaxUnlessSaid, type ServerOptions, startServer, type TestServer } from "./server.ts";

export interface FixtureOptions extends ServerOptions {
  readonly startAt?: string;
}

/** A deployment on a database of its own, with one server, the default organization, and two people. */
export interface Fixture extends TestServer {
  readonly database: TestDatabase;
  readonly bus: MemoryBus;
  readonly clock: ManualClock;
  readonly logger: MemoryLogger;
  readonly admin: Actor;
  readonly alice: Actor;
  rows<Row extends object>(text: string, params?: readonly unknown[]): Promise<Row[]>;
  /** The first column of the first row, as a number. */
  number(text: string, params?: readonly unknown[]): Promise<number>;
  /** Another server on the same database. */
  addServer(options?: ServerOptions): TestServer;
  addUser(username: string): Promise<Actor>;
  /** Says that this test leaves the ledger wrong on purpose. */
  breakOnPurpose(): void;
  /** Checks that the ledger agrees with builds and agents, and lets another test have the database. */
  close(hasFailed?: boolean): Promise<void>;
}

const rowsShownMax = 20;
/** A Tuesday at midnight, far from every change of clocks. */
const beginning = "2030-01-01T00:00:00.000Z";

async function actorOf(server: TestServer, username: string): Promise<Actor> {
  const user = await userByName(server.store, username);
  if (user === undefined) throw new Error(`there is no user ${username}`);
  const tokenId = systemRandom.uuid() as TokenId;
  return { ...user, userId: user.id, createdAt: user.created_at, tokenId };
}

/** A member of the default organization, without a password. */
async function addMember(server: TestServer, username: string): Promise<Actor> {
  await server.store.transaction("test user", async (tx) =>
    insertUser(tx, {
      id: systemRandom.uuid() as UserId,
      username,
      email: null,
      name: username,
      passwordHash: null,
      isSystem: false,
      role: "member",
      organizationId: defaultOrganizationId,
      organizationRole: "member",
      now: server.context.clock.now(),
    }),
  );
  return await actorOf(server, username);
}

interface Inhabited {
  /** The database's name. */
  readonly template: string;
  readonly admin: Actor;
  readonly alice: Actor;
}

/** A deployment's first minute, which the tests of a worker share: a database with two people, to be copied. */
async function inhabit(): Promise<Inhabited> {
  const { connection } = await createTestDatabase();
  const clock = manualClock(beginning);
  const server = startServer({ connection, bus: new MemoryBus(), clock, logger: memoryLogger() });
  try {
    await ensureFirstRun(server.context, { administratorPassword: null });
    const people = { admin: await actorOf(server, "admin"), alice: await addMember(server, "alice") };
    await preservePristine(server.pool);
    return { template: connection.database, ...people };
  } finally {
    await server.stop();
  }
}

let inhabited: Promise<Inhabited> | undefined;

/** For suites that share one deployment: close it in `afterAll`. */
export async function createFixture(options: FixtureOptions = {}): Promise<Fixture> {
  inhabited ??= inhabit();
  const { template, admin, alice } = await inhabited;
  const logger = memoryLogger();
  const database = await lendDatabase(template, logger);
  const clock = manualClock(options.startAt ?? beginning);
  const deployment = { connection: database.connection, bus: new MemoryBus(), clock, logger };
  const isUsual = (options.connectionsMax ?? connectionsMaxUnlessSaid) === connectionsMaxUnlessSaid;
  const server = startServer(deployment, options, isUsual ? database.pool : undefined);
  const servers = [server];
  let isBroken = false;

  async function rows<Row extends object>(text: string, params: readonly unknown[] = []): Promise<Row[]> {
    return (await server.pool.query<Row>(text, [...params])).rows;
  }

  async function close(hasFailed = false): Promise<void> {
    let isSound = false;
    try {
      if (!isBroken) {
        expect(await divergentLedger(server.store, rowsShownMax), "ledger rows that disagree with the facts").toEqual(
          [],
        );
        expect(await strayRows(server.store, prebuildsUserId, rowsShownMax), "rows without their other half").toEqual(
          [],
        );
        isSound = !hasFailed;
      }
    } finally {
      await Promise.all(servers.map((each) => each.stop()));
      await (isSound ? database.giveBack() : database.drop());
    }
  }

  return {
    ...server,
    ...deployment,
    database,
    clock,
    admin: { ...admin, tokenId: systemRandom.uuid() as TokenId },
    alice: { ...alice, tokenId: systemRandom.uuid() as TokenId },
    rows,
    number: async (text, params) => Number(Object.values((await rows(text, params))[0] ?? {})[0]),
    addServer: (more) => {
      const added = startServer(deployment, more);
      servers.push(added);
      return added;
    },
    addUser: (username) => addMember(server, username),
    breakOnPurpose: () => {
      isBroken = true;
    },
    close,
  };
}

/** For one test: closed, and checked, when the test has finished. */
export async function testFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await createFixture(options);
  onTestFinished(({ task }) => fixture.close(task.result?.state === "fail"));
  return fixture;
}
