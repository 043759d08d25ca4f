import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Client } from "../../src/client/client.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import { logBatchLinesMax } from "../../src/contracts/limits.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { seededRandom } from "../../src/platform/random.ts";
import type { DaemonTiming } from "../../src/provisioner/daemon-timing.ts";
import { type Daemon, type DaemonOptions, startDaemon } from "../../src/provisioner/daemon.ts";
import type { BuildContext, Driver, DriverContext, UndeliveredState } from "../../src/provisioner/driver.ts";
import { FakeDriver } from "../../src/provisioner/drivers/fake/fake-driver.ts";
import { ScriptedProvisionerServer } from "../support/scripted-provisioner-server.ts";
import { tarArchive } from "../support/tar-archive.ts";

let server: ScriptedProvisionerServer;
let folder: string;
let daemons: Daemon[];
beforeEach(async () => {
  server = new ScriptedProvisionerServer();
  await server.start();
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-daemon-"));
  daemons = [];
});
afterEach(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop({ graceMs: 0 })));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 5 });
const fake = (): FakeDriver => new FakeDriver({ root: path.join(folder, "fake") });

/** A driver whose `apply` is the given function. */
function scripted(
  apply: (context: BuildContext) => Promise<void>,
  parse?: (context: DriverContext) => Promise<void>,
): Driver {
  const nothing = async (): Promise<void> => {};
  return {
    name: "fake",
    apply,
    destroy: apply,
    open: nothing,
    close: nothing,
    parse: parse ?? nothing,
    list: async () => [],
    capabilities: () => ({ claimEffect: "unknown" }),
  };
}

interface Start {
  readonly concurrency?: number;
  readonly timing?: Partial<DaemonTiming>;
}

function optionsOf(driver: Driver, options: Start = {}): DaemonOptions {
  return {
    client: new Client({ url: server.url, token: "daemon-token" }),
    name: "embedded",
    incarnation: "one",
    drivers: [driver],
    tags: { zone: "a" },
    version: "1.2.3",
    scratchDir: path.join(folder, "scratch"),
    logger: silentLogger,
    random: seededRandom(1),
    clock: systemClock,
    concurrency: options.concurrency ?? 2,
    timing: { retryBaseMs: 5, retryCapMs: 30, logFlushMs: 5, abortGraceMs: 300, leaseWaitMs: 500, ...options.timing },
  };
}

function start(driver: Driver, options: Start = {}): Daemon {
  const daemon = startDaemon(optionsOf(driver, options));
  daemon.ready.catch(() => {});
  daemons.push(daemon);
  return daemon;
}

const untilAborted = (context: DriverContext): Promise<never> =>
  new Promise((_, reject) => {
    context.abort.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
  });

describe("a daemon", () => {
  test("registers with what it can do, also when the server comes later", async () => {
    await server.stop();
    const daemon = start(fake());
    await server.start();
    await daemon.ready;
    expect(server.registrations).toEqual([
      {
        name: "embedded",
        incarnation: "one",
        drivers: ["fake"],
        unisolated: [],
        tags: { zone: "a" },
        concurrency: 2,
        version: "1.2.3",
      },
    ]);
  });

  test("runs jobs one after the other and reports each", async () => {
    start(fake(), { concurrency: 1 });
    const ids = [server.add(), server.add(), server.add()];
    await until(() => expect([...server.results.keys()]).toEqual(ids));
    expect([...server.results.values()]).toEqual(ids.map(() => ({ kind: "succeeded" })));
  });

  test("tells of a claim that did not come to its end what it had replaced by then", async () => {
    const plan = { effect: "replaces" as const, changes: 1, replacements: [{ address: "disk.home", reasons: [] }] };
    start(
      scripted(async (context) => {
        context.notePlan?.(plan);
        throw new CodedError("build_failed", "The new disk was not made.");
      }),
    );
    const id = server.add();
    await until(() => expect(server.results.get(id)).toMatchObject({ kind: "failed", plan }));
  });

  test("runs no more jobs at once than it has places", async () => {
    let now = 0;
    let most = 0;
    let finish: () => void = () => {};
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const daemon = start(
      scripted(async () => {
        now += 1;
        most = Math.max(most, now);
        await gate;
        now -= 1;
      }),
      { concurrency: 3 },
    );
    const ids = Array.from({ length: 7 }, () => server.add());
    await until(() => expect(daemon.running()).toBe(3));
    finish();
    await until(() => expect(server.results.size).toBe(ids.length));
    expect(most).toBe(3);
  });

  describe("with a driver whose tool is missing", () => {
    const why = { driver: "terraform", reason: "there is no terraform", next: "install it" };
    const missing = (open: () => Promise<void>): Driver => ({ ...scripted(untilAborted), name: "terraform", open });
    const refuse = async (): Promise<void> => {
      throw new CodedError("driver_unavailable", why.reason, { next: why.next });
    };

    test("goes on without it, also when it has no other, and tells the server why", async () => {
      const daemon = startDaemon({ ...optionsOf(fake()), drivers: [missing(refuse), fake()] });
      daemons.push(daemon);
      await daemon.ready;
      expect(server.registrations).toMatchObject([{ drivers: ["fake"], unavailable: [{ ...why, isWanted: true }] }]);
      await start(missing(refuse)).ready;
      expect(server.registrations.at(-1)).toMatchObject({ drivers: [] });
    });

    test("takes it up once it works, and tells the server", async () => {
      let isThere = false;
      const driver = missing(async () => (isThere ? undefined : await refuse()));
      await start(driver, { timing: { ...optionsOf(driver).timing, sweepMs: 5 } }).ready;
      isThere = true;
      await until(() => expect(server.registrations.at(-1)).toMatchObject({ drivers: ["terraform"] }));
      const id = server.add({ manifest: { driver: "terraform" } });
      server.canceled.add(id);
      await until(() => expect(server.results.has(id)).toBe(true));
    });

    test("that was only looked for goes on without it, whatever it failed with, and without one that hangs", async () => {
      const broken = missing(async () => Promise.reject(new Error("broken")));
      const hanging: Driver = { ...scripted(untilAborted), name: "docker", open: () => new Promise(() => {}) };
      const daemon = startDaemon({
        ...optionsOf(fake()),
        drivers: [fake(), hanging, broken],
        optionalDrivers: new Set(["docker", "terraform"]),
      });
      daemons.push(daemon);
      await daemon.ready;
      expect(server.registrations).toMatchObject([
        {
          drivers: ["fake"],
          unavailable: [
            { driver: "terraform", reason: "broken", isWanted: false },
            { driver: "docker", reason: "It did not answer within 2 s.", isWanted: false },
          ],
        },
      ]);
    });
  });

  test("delivers what an earlier one could not, before it registers, and again after a job", async () => {
    const waiting: UndeliveredState[] = [
      { workspaceId: "w", jobId: "old", attempt: 1, serial: 7, state: { known: true } },
    ];
    const driver: Driver = {
      ...scripted(async () => void waiting.push({ workspaceId: "v", jobId: "new", attempt: 2, serial: 3, state: {} })),
      deliver: async (adopt) => {
        for (const state of waiting.splice(0)) expect(await adopt(state)).toBe("stored");
      },
    };
    start(driver);
    server.add();
    await until(() => expect(server.adoptions).toHaveLength(2));
    expect(server.adoptions).toEqual([
      { workspaceId: "w", registrations: 0, body: { jobId: "old", attempt: 1, serial: 7, state: { known: true } } },
      { workspaceId: "v", registrations: 1, body: { jobId: "new", attempt: 2, serial: 3, state: {} } },
    ]);
  });

  test("hears that what it delivers is wanted no more, and starts all the same", async () => {
    server.failing.set("/state", "conflict");
    const answers: string[] = [];
    const state = { workspaceId: "w", jobId: "old", attempt: 1, serial: 7, state: {} };
    await start({ ...scripted(untilAborted), deliver: async (adopt) => void answers.push(await adopt(state)) }).ready;
    expect(answers).toEqual(["refused"]);
  });

  test("stores what a driver has to tell after its job was cancelled, before the job's end", async () => {
    start(
      scripted(async (context) => {
        await untilAborted(context).catch(() => {});
        await context.saveState({ after: "the cancellation" });
        throw new Error("stopped");
      }),
    );
    const id = server.add();
    server.canceled.add(id);
    await until(() => expect(server.results.get(id)).toEqual({ kind: "canceled" }));
    expect(server.states).toEqual([{ serial: 1, state: { after: "the cancellation" } }]);
  });

  test("keeps the lease of a long job", async () => {
    // Long enough for a machine that is busy: a heartbeat is due every half second.
    server.leaseMs = 1_500;
    start(fake());
    const id = server.add({ manifest: { fake: { start_ms: 2_500 } } });
    await until(() => expect(server.results.get(id)).toEqual({ kind: "succeeded" }));
    expect(server.heartbeats.length).toBeGreaterThanOrEqual(3);
  });

  test("stops a job whose cancellation is asked for, and reports it as cancelled", async () => {
    start(scripted(untilAborted));
    const id = server.add();
    server.canceled.add(id);
    await until(() => expect(server.results.get(id)).toEqual({ kind: "canceled" }));
  });

  test("stops a job whose lease was taken away, and reports nothing", async () => {
    let isStopped = false;
    const daemon = start(scripted((context) => untilAborted(context).finally(() => (isStopped = true))));
    const id = server.add();
    await until(() => expect(daemon.running()).toBe(1));
    server.lost.add(id);
    await until(() => expect(isStopped).toBe(true));
    await until(() => expect(daemon.running()).toBe(0));
    expect(server.results.has(id)).toBe(false);
  });

  test("stops a job that it can no longer renew, by its own count of the lease", async () => {
    server.leaseMs = 200;
    let isStopped = false;
    const daemon = start(scripted((context) => untilAborted(context).finally(() => (isStopped = true))));
    server.add();
    await until(() => expect(daemon.running()).toBe(1));
    await server.stop();
    await until(() => expect(isStopped).toBe(true));
  });

  test("offers a finished job's result to a server that was away meanwhile", async () => {
    server.leaseMs = 60_000;
    let finish: () => void = () => {};
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const daemon = start(scripted(async (context) => gate.then(() => context.log("info", "apply", "made"))));
    const id = server.add();
    await until(() => expect(daemon.running()).toBe(1));
    await server.stop();
    finish();
    await server.start();
    await until(() => expect(server.results.get(id)).toEqual({ kind: "succeeded" }));
    expect(server.lines.map(({ line }) => line)).toEqual(["made"]);
  });

  test("a late result of a lost lease is refused, and the daemon goes on", async () => {
    let finish: () => void = () => {};
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const daemon = start(
      scripted(() => gate),
      { concurrency: 1 },
    );
    const late = server.add();
    await until(() => expect(daemon.running()).toBe(1));
    server.lost.add(late);
    finish();
    const next = server.add();
    await until(() => expect(server.results.get(next)).toEqual({ kind: "succeeded" }));
    expect(server.results.has(late)).toBe(false);
  });

  test("a driver that ignores being stopped does not hold its place", async () => {
    const never = new Promise<void>(() => {});
    start(
      scripted(() => never),
      { concurrency: 1, timing: { abortGraceMs: 50 } },
    );
    const id = server.add();
    server.canceled.add(id);
    await until(() => expect(server.results.get(id)).toEqual({ kind: "canceled" }));
  });

  test("a job that takes too long fails with build_timeout", async () => {
    const limitMs = { import: 50, start: 50, stop: 50, delete: 50 };
    start(scripted(untilAborted), { timing: { limitMs } });
    const id = server.add();
    await until(() =>
      expect(server.results.get(id)).toMatchObject({ kind: "failed", error: { code: "build_timeout" } }),
    );
  });

  test("a driver's own error keeps its code, any other is build_failed", async () => {
    start(fake());
    const coded = server.add({
      work: { kind: "import" },
      manifest: { fake: { fail: "import" } },
      archive: tarArchive([{ path: "a" }]),
    });
    const failed = server.add({ manifest: { fake: { fail: "start" } } });
    const unknown = server.add({ manifest: { driver: "docker" } });
    await until(() => expect(server.results.size).toBe(3));
    expect(server.results.get(coded)).toMatchObject({ error: { code: "invalid_template" } });
    expect(server.results.get(failed)).toMatchObject({ error: { code: "build_failed" } });
    expect(server.results.get(unknown)).toMatchObject({ error: { code: "invalid_template" } });
  });

  test("registers again when the server has forgotten it", async () => {
    const daemon = start(fake());
    await daemon.ready;
    server.failing.set("/lease", "not_found");
    await until(() => expect(server.registrations.length).toBeGreaterThan(1));
    server.failing.clear();
    const id = server.add();
    await until(() => expect(server.results.get(id)).toEqual({ kind: "succeeded" }));
  });
});

describe("stopping a daemon", () => {
  test("lets running jobs finish within the grace and takes no more", async () => {
    let finish: () => void = () => {};
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const daemon = start(
      scripted(() => gate),
      { concurrency: 1 },
    );
    const id = server.add();
    await until(() => expect(daemon.running()).toBe(1));
    const stopped = daemon.stop({ graceMs: 10_000 });
    server.add();
    finish();
    await stopped;
    expect([...server.results]).toEqual([[id, { kind: "succeeded" }]]);
  });

  test("abandons what does not finish within the grace, and says so", async () => {
    const daemon = start(scripted(untilAborted));
    const id = server.add();
    await until(() => expect(daemon.running()).toBe(1));
    await daemon.stop({ graceMs: 10 });
    expect(server.results.get(id)).toEqual({ kind: "abandoned" });
  });

  test("signs off once what it ran was handed back, once, however often it is stopped", async () => {
    const daemon = start(scripted(untilAborted));
    const id = server.add();
    await until(() => expect(daemon.running()).toBe(1));
    server.onSignOff = () => expect(server.results.get(id)).toEqual({ kind: "abandoned" });
    await daemon.stop({ graceMs: 0 });
    await daemon.stop({ graceMs: 0 });
    expect(server.signOffs).toEqual([{ daemonId: "daemon-1", incarnation: "one" }]);
  });

  test("tries to sign off while the server is away, and gives up at the limit", async () => {
    const daemon = start(fake(), { timing: { signOffMs: 100 } });
    await daemon.ready;
    server.failing.set("/sign-off", "database_unavailable");
    await daemon.stop({ graceMs: 0 });
    expect(server.refusals.filter((part) => part === "/sign-off").length).toBeGreaterThan(1);
    expect(server.signOffs).toEqual([]);
  });

  test("gives up at the limit when the server takes the call and never answers", async () => {
    const daemon = start(fake(), { timing: { signOffMs: 50 } });
    await daemon.ready;
    server.onSignOff = () => new Promise(() => {});
    await daemon.stop({ graceMs: 0 });
    expect(server.signOffs).toHaveLength(1);
  });

  test("does not sign off from a server that never knew it", async () => {
    server.failing.set("/register", "database_unavailable");
    const daemon = start(fake());
    await until(() => expect(server.refusals).toContain("/register"));
    await daemon.stop({ graceMs: 0 });
    expect(server.signOffs).toEqual([]);
  });
});

describe("what a job tells while it runs", () => {
  test("its lines arrive in order, in bounded batches, before its end", async () => {
    const count = 3 * logBatchLinesMax + 7;
    start(
      scripted(async (context) => {
        for (let line = 0; line < count; line += 1) context.log("info", "apply", `line ${line}`);
      }),
    );
    const id = server.add();
    await until(() => expect(server.results.has(id)).toBe(true));
    expect(server.lines.map(({ line }) => line)).toEqual(Array.from({ length: count }, (_, line) => `line ${line}`));
  });

  test("its lines wait for a server that cannot take them, and none is lost or told twice", async () => {
    server.failing.set("/logs", "database_unavailable");
    start(scripted(async (context) => [1, 2, 3].forEach((line) => context.log("info", "apply", `line ${line}`))));
    const id = server.add();
    await until(() => expect(server.refusals.length).toBeGreaterThan(1));
    server.failing.clear();
    await until(() => expect(server.results.has(id)).toBe(true));
    expect(server.lines.map(({ line }) => line)).toEqual(["line 1", "line 2", "line 3"]);
  });

  test("the driver waits until the server has stored the state", async () => {
    server.leaseMs = 60_000;
    server.failing.set("/state", "database_unavailable");
    const order: string[] = [];
    start(
      scripted(async (context) => {
        await context.saveState({ made: 1 });
        order.push(`first after ${server.states.length}`);
        await context.saveState({ made: 2 });
        order.push(`second after ${server.states.length}`);
      }),
    );
    const id = server.add();
    await until(() => expect(server.refusals.length).toBeGreaterThan(1));
    expect(order).toEqual([]);
    server.failing.clear();
    await until(() => expect(server.results.get(id)).toEqual({ kind: "succeeded" }));
    expect(order).toEqual(["first after 1", "second after 2"]);
    expect(server.states).toEqual([
      { serial: 1, state: { made: 1 } },
      { serial: 2, state: { made: 2 } },
    ]);
  });
});

describe("template archives", () => {
  const archive = tarArchive([{ path: "template.yaml", content: "driver: fake\n" }]);
  const reading = (seen: string[]): Driver =>
    scripted(async (context) => {
      seen.push(readFileSync(path.join(await context.templateFolder(), "template.yaml"), "utf8"));
    });

  test("are fetched once, however many jobs need them", async () => {
    const seen: string[] = [];
    start(reading(seen), { concurrency: 4 });
    const ids = Array.from({ length: 6 }, () => server.add({ archive }));
    await until(() => expect(server.results.size).toBe(ids.length));
    expect(seen).toEqual(ids.map(() => "driver: fake\n"));
    expect(server.downloads).toBe(1);
  });

  test("are not needed by a job that does not ask", async () => {
    start(fake());
    const id = server.add({ build: { transition: "delete" } });
    await until(() => expect(server.results.get(id)).toEqual({ kind: "succeeded" }));
    expect(server.downloads).toBe(0);
  });

  test("that are hostile fail the import with invalid_archive and leave nothing", async () => {
    start(fake());
    const hostile = tarArchive([{ path: "template.yaml" }, { path: "../../escaped", content: "x" }]);
    const id = server.add({ work: { kind: "import" }, archive: hostile });
    await until(() => expect(server.results.get(id)).toMatchObject({ error: { code: "invalid_archive" } }));
    expect(existsSync(path.join(folder, "escaped"))).toBe(false);
  });

  test("an import says whether a claim changes anything", async () => {
    start(fake());
    const none = server.add({ work: { kind: "import" }, archive, manifest: { fake: { claim_changes_nothing: true } } });
    const unknown = server.add({ work: { kind: "import" }, archive });
    await until(() => expect(server.results.size).toBe(2));
    expect(server.results.get(none)).toEqual({ kind: "succeeded", claimEffect: "none" });
    expect(server.results.get(unknown)).toEqual({ kind: "succeeded", claimEffect: "unknown" });
  });
});
