// S17: all pools are switched on at once, on four servers of ten connections each, while fifty people create.
import { describe, expect, it, onTestFinished } from "vitest";
import type { Actor } from "../../src/app/authorize.ts";
import { setEnabled } from "../../src/app/prebuilds/manage-pools.ts";
import { startController } from "../../src/controllers/driver.ts";
import { createPrebuildsController } from "../../src/controllers/prebuilds/prebuilds-controller.ts";
import { concurrencyFor } from "../../src/controllers/prebuilds/prebuilds-deps.ts";
import type { ServerId } from "../../src/contracts/ids.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import type { Db } from "../../src/db/store.ts";
import { create } from "../support/claims.ts";
import { takeNext } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { reconcilerDeps } from "../support/reconcile.ts";
import type { TestServer } from "../support/server.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

const connectionsMax = 10;
const servers = 4;
const people = 50;
const templates = ["one", "two", "three"];
const presetsEach = 30;
const instances = 10;
const prebuilds = templates.length * presetsEach * instances;

interface Watched {
  readonly db: Db;
  /** Most connections that were held, or waited for, at once through this handle. */
  peak(): number;
}

/** The same handle; each thing that takes a connection is counted while it does. */
function watched(db: Db): Watched {
  let held = 0;
  let peak = 0;
  async function holding<Result>(work: () => Promise<Result>): Promise<Result> {
    held += 1;
    peak = Math.max(peak, held);
    try {
      return await work();
    } finally {
      held -= 1;
    }
  }
  return {
    db: {
      kind: "db",
      hasRoom: () => Promise.resolve(true),
      query: (statement, params) => holding(() => db.query(statement, params)),
      transaction: (name, run) => holding(() => db.transaction(name, run)),
      snapshot: (name, run) => holding(() => db.snapshot(name, run)),
      publish: (topics) => db.publish(topics),
    },
    peak: () => peak,
  };
}

/** A reconciler that acts beside the others as if there were no lease, which is the worst that can be. */
function startReconciler(server: TestServer, holder: ServerId): Watched {
  const handle = watched(server.store);
  const controller = createPrebuildsController({ ...reconcilerDeps(server, { holder }), db: handle.db });
  const running = startController(controller, server.context);
  onTestFinished(() => running.stop());
  return handle;
}

async function publishAll(fx: Fixture): Promise<void> {
  const presets = Object.fromEntries(Array.from({ length: presetsEach }, (_, nth) => [`p${nth}`, instances]));
  for (const template of templates) await publishTemplate(fx, { template, presets });
}

describe("S17: 90 pools of 10, four servers, fifty people", () => {
  it.each([
    { publish: "works", news: "heard" },
    { publish: "fails", news: "dropped" },
  ] as const)("starve nobody of connections, and every job can be taken, with wake-ups $news", async ({ publish }) => {
    const fx = await testFixture({ connectionsMax, publish });
    const all = [fx, ...Array.from({ length: servers - 1 }, () => fx.addServer({ connectionsMax, publish }))];
    const persons: readonly Actor[] = await Promise.all(
      Array.from({ length: people }, (_, nth) => fx.addUser(`person-${nth}`)),
    );
    await setEnabled(fx.context, fx.admin, false);
    await publishAll(fx);
    await setEnabled(fx.context, fx.admin, true);

    const reconcilers = all.map((server) => startReconciler(server, fx.id));
    const answers = await Promise.all(
      persons.map(async (by, nth) =>
        create(fx, {
          by,
          on: all[nth % servers] ?? fx,
          template: templates[nth % templates.length] ?? "",
          preset: `p${nth % presetsEach}`,
        }),
      ),
    );
    expect(answers.map(({ outcome }) => outcome)).toEqual(persons.map(() => "cold"));
    await waitUntil("every pool is on its way", async () => {
      const text = "select count(*) from prebuilds where state = 'building'";
      return (await fx.number(text)) === prebuilds;
    });
    for (const { peak } of reconcilers) expect(peak()).toBeLessThanOrEqual(concurrencyFor(connectionsMax));

    // Nobody is told anything here: a daemon that comes and asks is given one job after the other, people's first.
    let taken = 0;
    for (let job = await takeNext(fx); job !== undefined; job = await takeNext(fx)) {
      taken += 1;
      expect(job.owner_id === prebuildsUserId).toBe(taken > people);
    }
    expect(taken).toBe(prebuilds + people);
  });
});
