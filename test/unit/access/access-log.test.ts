// Visits: what is one, when it ends, and what becomes of entries while the database is away.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Access, AccessLog } from "../../../src/app/access/access-log.ts";
import type { OrganizationId, UserId, WorkspaceId } from "../../../src/contracts/ids.ts";
import type { Sql } from "../../../src/db/store.ts";
import { memoryLogger } from "../../../src/platform/logger.ts";

const minuteMs = 60_000;
const alices: Access = {
  userId: "alice" as string as UserId,
  workspaceId: "workspace" as string as WorkspaceId,
  workspaceName: "dev",
  organizationId: "default" as string as OrganizationId,
  door: "port 8080",
  address: "192.0.2.1",
};

interface Written {
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

function accessLog({ isOn = true }: { readonly isOn?: boolean } = {}) {
  const written: Written[] = [];
  const database = { isAway: false };
  const db: Sql = {
    query: async (_, params) => {
      if (database.isAway) throw new Error("the database is away");
      // As `recordAccess` gives them.
      const [, , , actions, , , details] = params as readonly (readonly string[])[];
      actions?.forEach((action, nth) => written.push({ action, detail: JSON.parse(details?.[nth] ?? "null") }));
      return [];
    },
  };
  const logger = memoryLogger();
  const log = new AccessLog({ db, clock: { now: () => new Date() }, logger, isOn });
  return { log, written, database, logger };
}

const actions = (written: readonly Written[]): readonly string[] => written.map(({ action }) => action);
const nothing = { toWorkspace: 0, fromWorkspace: 0 };

beforeEach(() => void vi.useFakeTimers({ now: new Date("2030-01-01T00:00:00Z") }));
afterEach(() => void vi.useRealTimers());

describe("who gets into a workspace", () => {
  it("is one visit however many connections follow each other, and its end says what they carried", async () => {
    const { log, written } = accessLog();
    for (let nth = 0; nth < 40; nth += 1) {
      const leave = log.enter(alices);
      await vi.advanceTimersByTimeAsync(1_000);
      leave({ toWorkspace: 10, fromWorkspace: 1_000 });
      leave({ toWorkspace: 10, fromWorkspace: 1_000 });
      await vi.advanceTimersByTimeAsync(minuteMs / 2);
    }
    expect(actions(written)).toEqual(["workspace.enter"]);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(written).toEqual([
      { action: "workspace.enter", detail: { door: "port 8080", address: "192.0.2.1" } },
      {
        action: "workspace.leave",
        detail: {
          door: "port 8080",
          address: "192.0.2.1",
          connections: 40,
          // Up to the end of the last connection, and not to the end of the minute after it.
          seconds: 39 * 31 + 1,
          to_workspace_bytes: 400,
          from_workspace_bytes: 40_000,
        },
      },
    ]);
  });

  it("is one visit of anybody at a public app, whose addresses nobody collects", async () => {
    const { log, written } = accessLog();
    for (let nth = 0; nth < 3; nth += 1)
      log.enter({ ...alices, userId: null, address: null, door: "app web" })(nothing);
    await log.flush();
    expect(written).toEqual([{ action: "workspace.enter", detail: { door: "app web", visitor: "anybody" } }]);
  });

  it("lasts as long as its door says after its last connection", async () => {
    const { log, written } = accessLog();
    log.enter({ ...alices, quietMs: 15 * minuteMs })(nothing);
    await vi.advanceTimersByTimeAsync(14 * minuteMs);
    expect(actions(written)).toEqual(["workspace.enter"]);
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(actions(written)).toEqual(["workspace.enter", "workspace.leave"]);
  });

  it("goes on while a connection is open, however long that is silent", async () => {
    const { log, written } = accessLog();
    const leave = log.enter(alices);
    log.enter(alices)(nothing);
    await vi.advanceTimersByTimeAsync(100 * minuteMs);
    expect(actions(written)).toEqual(["workspace.enter"]);
    leave(nothing);
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(actions(written)).toEqual(["workspace.enter", "workspace.leave"]);
  });

  it("is another visit by another door, from another address, and of another person", async () => {
    const { log, written } = accessLog();
    const others = [
      {},
      { door: "ssh" },
      { address: "192.0.2.2" },
      { userId: "bob" as string as UserId },
      { workspaceId: "other" as string as WorkspaceId },
    ];
    for (const other of others) log.enter({ ...alices, ...other });
    await log.flush();
    expect(actions(written)).toEqual(others.map(() => "workspace.enter"));
  });

  it("has its end written when the server stops, also of what is still open", async () => {
    const { log, written } = accessLog();
    log.enter(alices);
    await log.close();
    expect(actions(written)).toEqual(["workspace.enter", "workspace.leave"]);
  });

  it("is written when the database is back", async () => {
    const { log, written, database } = accessLog();
    database.isAway = true;
    log.enter(alices)(nothing);
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(written).toEqual([]);
    database.isAway = false;
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(actions(written)).toEqual(["workspace.enter", "workspace.leave"]);
  });

  it("fills no memory while the database is away: the oldest are let go, and how many is told", async () => {
    const { log, written, database, logger } = accessLog();
    database.isAway = true;
    for (let nth = 0; nth < 10_007; nth += 1) log.enter({ ...alices, door: `port ${nth}` });
    await vi.advanceTimersByTimeAsync(minuteMs);
    database.isAway = false;
    await log.flush();
    expect(written).toHaveLength(10_000);
    expect(written[0]?.detail["door"]).toBe("port 7");
    expect(logger.entries.at(-1)).toMatchObject({ fields: { count: 7 } });
  });

  it("is not written where the deployment does not want it", async () => {
    const { log, written } = accessLog({ isOn: false });
    log.enter(alices)(nothing);
    await log.close();
    expect(written).toEqual([]);
  });
});
