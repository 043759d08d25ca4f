import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import {
  cleanUp,
  openFolder,
  root,
  type ServerProcess,
  type ServerProcessOptions,
  signIn,
  spawnServer,
  urlOf,
} from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const password = "a long password";
let folder: string;
let servers: ServerProcess[];

beforeEach(() => {
  folder = openFolder("failures");
  servers = [];
});

afterEach(async () => cleanUp(folder, servers));

function start(options: Omit<ServerProcessOptions, "folder"> = {}): ServerProcess {
  const server = spawnServer({ ...options, folder, env: { PREWARM_ADMIN_PASSWORD: password, ...options.env } });
  servers.push(server);
  return server;
}

describe("a server that cannot start says why, and what to do", () => {
  test("when the port is in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { readonly port: number };
    const server = start({ env: { PREWARM_HTTP_PORT: String(port) } });
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain("[port_in_use]");
    expect(server.output()).toContain("--http-port");
    await new Promise((resolve) => other.close(resolve));
  });

  test.each([
    [
      "the data folder lies below a file",
      { PREWARM_DATA_DIR: path.join(root, "package.json/data") },
      /package\.json/,
      1,
    ],
    [
      "the database's URL leads nowhere",
      { PREWARM_PG_URL: "postgresql://nobody@127.0.0.1:9/none" },
      /127\.0\.0\.1:9/,
      1,
    ],
    ["the database's URL is none", { PREWARM_PG_URL: "not a url" }, /pg\.url/, 2],
    [
      "an interval is zero",
      { PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "0s" },
      /prebuilds\.reconciliation_interval.*PREWARM_PREBUILDS_RECONCILIATION_INTERVAL/s,
      2,
    ],
  ])("when %s", async (_, env, message, exitCode) => {
    const server = start({ env });
    expect(await server.exited).toBe(exitCode);
    expect(server.output()).toMatch(message);
    expect(server.output()).toMatch(/\[[a-z_]+\]/);
  });

  test("when an option is mistyped", async () => {
    const server = start({ args: ["--http-prot", "1"] });
    expect(await server.exited).toBe(2);
    expect(server.output()).toContain("--http-prot");
  });
});

async function push(client: Client, name: string, manifest: string): Promise<void> {
  const source = path.join(folder, "template");
  mkdirSync(source, { recursive: true });
  writeFileSync(path.join(source, "template.yaml"), manifest);
  const { bytes } = await packFolder(source);
  await client.call("pushTemplate", { params: { template: name }, bytes });
}

const slow = `driver: fake
fake: { start_ms: 1500 }
agents: [{ name: main }]
presets: [{ name: small, prebuilds: { instances: 3 } }]
`;
const quick = {
  PREWARM_PROVISIONER_DRIVERS: "process,fake",
  PREWARM_PREBUILDS_BACKOFF_INTERVAL: "1s",
  PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "1s",
};

test("a server killed in the middle of builds comes back to full pools, and leaves nothing behind", {
  timeout: 240_000,
}, async () => {
  const first = start({ env: quick });
  const admin = await signIn(await urlOf(first), password);
  await push(admin, "slow", slow);
  await waitUntil("builds run", async () => {
    const { jobs } = await admin.call("listJobs", { query: { status: "running", template: "slow" } });
    return jobs.some((job) => job.isPrebuild);
  });
  first.child.kill("SIGKILL");
  await first.exited;

  const second = start({ env: quick });
  const again = await signIn(await urlOf(second), password);
  await waitUntil(
    "the pool is at its size",
    async () => {
      const { pools } = await again.call("listPools", { query: { template: "slow" } });
      return pools.some((pool) => pool.actual === 3 && pool.starting === 0);
    },
    60_000,
  );
  await again.call("deleteTemplate", { params: { template: "slow" } });
  const made = path.join(folder, "data/provisioner/fake");
  // What was under way when the server was killed may have to wait for its lease's end first, and then for its delete.
  await waitUntil(
    () => `everything that was made is gone: ${readdirSync(made).join(", ")}`,
    () => readdirSync(made).length === 0,
    120_000,
  );
  const report = await again.call("doctor", {});
  expect(report.findings.filter((finding) => finding.check === "consistency")).toMatchObject([{ severity: "ok" }]);
  second.child.kill("SIGTERM");
  expect(await second.exited).toBe(0);
  expect(second.output(), "the server's own daemon").toContain("a provisioner has signed off");
});

test("a database that goes away is said by /readyz, and work goes on when it is back", {
  timeout: 120_000,
}, async () => {
  const server = start({ env: quick });
  const url = await urlOf(server);
  const admin = await signIn(url, password);
  const ready = async (): Promise<number> => (await fetch(new URL("/readyz", url))).status;
  expect(await ready()).toBe(200);
  // The example is still being imported when the server answers first.
  await waitUntil("the example can be used", async () => {
    const { templates } = await admin.call("listTemplates", {});
    return templates.some((template) => template.name === "starter" && template.activeVersion !== null);
  });
  const postmaster = (): number | undefined => {
    const pidFile = path.join(folder, "data/postgres/cluster/postmaster.pid");
    try {
      const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
      return pid > 0 ? pid : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  };
  const killed = postmaster();
  if (killed === undefined) throw new Error("the database has no process");
  process.kill(killed, "SIGKILL");
  // Backends of the killed one may still answer for a moment: only with its successor is the database back.
  await waitUntil("another database process runs", () => ![undefined, killed].includes(postmaster()), 60_000);
  await waitUntil("the database is back", async () => (await ready()) === 200, 60_000);
  expect(server.child.exitCode).toBeNull();
  await waitUntil(
    "a workspace can be created",
    async () => {
      const created = await admin.call("createWorkspace", { body: { name: "after", template: "starter" } });
      return created.outcome;
    },
    30_000,
  );
});
