// A daemon that is stopped on purpose, and one that is killed: as processes of their own, and what the server says of each.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DoctorReport } from "../../src/contracts/api/system.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { type HandRunServer, startHandRunServer } from "../support/hand-run-server.ts";
import { inboxKinds } from "../support/notifications.ts";
import { openFolder, root } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const hourMs = 3_600_000;
const startLimitMs = 30_000;

let folder: string;
let fx: Fixture;
let server: HandRunServer;
let isServerUp: boolean;
let processes: { readonly child: ChildProcess; readonly exited: Promise<number | null> }[];

beforeEach(async () => {
  folder = openFolder("sign-off");
  fx = await testFixture();
  server = await startHandRunServer(fx, {});
  isServerUp = true;
  processes = [];
});

afterEach(async () => {
  for (const { child, exited } of processes) {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
  }
  if (isServerUp) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Daemon = DoctorReport["daemons"][number];
const shownDaemon = async (): Promise<Daemon | undefined> => (await server.admin.call("doctor", {})).daemons[0];
const findings = async (): Promise<string[]> =>
  (await server.admin.call("doctor", {})).findings.map(({ severity, message }) => `${severity}: ${message}`);

/** `prewarm provisioner start`, once the server counts on it. */
async function startDaemon() {
  const { secret } = await server.admin.call("createDaemonKey", {
    body: { name: `rack-${processes.length}`, daemon: "rack-1" },
  });
  const child = spawn(process.execPath, [path.join(root, "bin/prewarm"), "provisioner", "start"], {
    env: {
      PATH: process.env["PATH"],
      PREWARM_URL: server.url,
      PREWARM_PROVISIONER_KEY: secret,
      PREWARM_PROVISIONER_NAME: "rack-1",
      PREWARM_PROVISIONER_DRIVERS: "fake",
      PREWARM_PROVISIONER_DATA_DIR: path.join(folder, "daemon"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stderr.on("data", (data) => {
    output += String(data);
  });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  processes.push({ child, exited });
  const isUp = async (): Promise<boolean> => child.exitCode !== null || (await shownDaemon())?.isAlive === true;
  await waitUntil("the daemon is connected, or ends", isUp, startLimitMs);
  return {
    output: () => output,
    end: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return await exited;
    },
  };
}

/** Publishes a template, whose import waits for a daemon. @returns why no daemon can take it, if none can. */
async function whyAnImportWaits(): Promise<string | null> {
  const source = path.join(folder, "template");
  mkdirSync(source, { recursive: true });
  writeFileSync(path.join(source, "template.yaml"), JSON.stringify({ driver: "fake", presets: [] }));
  const { bytes } = await packFolder(source);
  const { version } = await server.admin.call("pushTemplate", { params: { template: "web" }, bytes });
  const params = { jobId: version.importJobId ?? "" };
  return (await server.admin.call("getJob", { params })).blockedBecause;
}

async function timePasses(): Promise<readonly string[]> {
  fx.clock.advance(hourMs);
  await server.runControllers();
  return (await inboxKinds(fx, fx.admin.userId)).filter((kind) => kind.startsWith("daemon_"));
}

test.each([
  "SIGTERM",
  "SIGINT",
] as const)("a daemon that is stopped by %s signs off: it is not counted on from that moment, and never told as lost", async (signal) => {
  const daemon = await startDaemon();
  expect(await daemon.end(signal), daemon.output()).toBe(0);
  expect(await shownDaemon()).toMatchObject({ name: "rack-1", isAlive: false, isSignedOff: true });
  expect(await whyAnImportWaits()).toBe("no daemon with the driver fake is connected");
  expect(await findings()).toContain(
    `ok: The provisioner "rack-1" has signed off: it was stopped on purpose at ${fx.clock.now().toISOString()}.`,
  );
  expect(await timePasses()).toEqual([]);
  await startDaemon();
  expect(await shownDaemon()).toMatchObject({ isAlive: true, isSignedOff: false });
  await server.runControllers();
  expect(await inboxKinds(fx, fx.admin.userId), "nor as back").not.toContain("daemon_back");
});

test("a daemon that is killed is counted on until it is silent, and then told as lost", async () => {
  const daemon = await startDaemon();
  await daemon.end("SIGKILL");
  expect(await shownDaemon()).toMatchObject({ isAlive: true, isSignedOff: false });
  expect(await timePasses()).toEqual(["daemon_lost"]);
  expect(await shownDaemon()).toMatchObject({ isAlive: false, isSignedOff: false });
  expect((await findings()).join()).toContain(
    'warning: The provisioner "rack-1" does not answer and has not signed off',
  );
});

test("a daemon that cannot reach the server while it stops says so, and ends all the same", async () => {
  const daemon = await startDaemon();
  await server.stop();
  isServerUp = false;
  expect(await daemon.end("SIGTERM")).toBe(0);
  expect(daemon.output()).toContain("the server did not hear that this provisioner stops");
});
