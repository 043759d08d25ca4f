// S15 with the whole program: `kill -9` of the server with its own daemon, and of an agent, with real Terraform.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LittleCloud } from "../support/little-cloud.ts";
import { processesOf } from "../support/server-process.ts";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const settledWithinMs = 90_000;
const demo = readFileSync(path.resolve(import.meta.dirname, "../../templates/terraform-demo/main.tf"), "utf8");

let server: WholeServer;
let cloud: LittleCloud;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  server = new WholeServer({
    PREWARM_PROVISIONER_DRIVERS: "process,terraform",
    PREWARM_PREBUILDS_BACKOFF_INTERVAL: "1s",
    PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "1s",
    PREWARM_PREBUILDS_FAILED_KEPT: "0",
  });
  cloud = new LittleCloud(path.join(server.folder, "cloud"));
  await server.start();
  await server.must("templates delete starter --yes");
});
afterEach(async () => {
  cloud?.letGo();
  await server?.close();
});

const manifest = (instances: number): string =>
  JSON.stringify({
    driver: "terraform",
    agents: [{ name: "main" }],
    presets: [{ name: "small", prebuilds: { instances } }],
  });

interface PoolNumbers {
  readonly template: string;
  readonly actual: number;
  readonly eligible: number;
  readonly starting: number;
}

async function poolHas(wanted: Partial<PoolNumbers>): Promise<void> {
  await waitUntil(
    `the pool has ${JSON.stringify(wanted)}`,
    async () => {
      const { exitCode, output } = await server.run("prebuilds list --json");
      if (exitCode !== 0) return false;
      const { pools } = JSON.parse(output) as { readonly pools: readonly PoolNumbers[] };
      const pool = pools.find(({ template }) => template === "web");
      return (
        pool !== undefined && Object.entries(wanted).every(([key, value]) => pool[key as keyof PoolNumbers] === value)
      );
    },
    settledWithinMs,
  );
}

const folders = (): readonly string[] => readdirSync(path.join(server.folder, "data/provisioner/terraform/workspaces"));

async function nothingIsLeft(): Promise<void> {
  await waitUntil("nothing is left", () => cloud.things().length + folders().length === 0, settledWithinMs);
  const consistency = await server.must("doctor");
  expect(consistency).toContain("The ledger agrees with builds and agents");
}

describe("S15: with Terraform", { timeout: 240_000 }, () => {
  test("a server killed while its daemon creates, and while it deletes, fills its pool and leaves nothing", async () => {
    cloud.hold("first");
    await server.push("web", { "template.yaml": manifest(2), "main.tf": cloud.configuration });
    await waitUntil("something is being created", () => cloud.things().length > 0, settledWithinMs);
    await server.end("SIGKILL");
    cloud.letGo();
    await server.start();
    await poolHas({ actual: 2, starting: 0 });
    await waitUntil("nothing is there twice", () => cloud.things().length === 4, settledWithinMs);
    await server.must("templates delete web --yes");
    await server.end("SIGKILL");
    await server.start();
    await nothingIsLeft();
  });

  test("an agent that is killed takes its prebuild out of the pool, and is no hindrance to its delete", async () => {
    await server.push("web", { "template.yaml": manifest(1), "main.tf": demo });
    await poolHas({ eligible: 1 });
    const [folder = ""] = folders();
    const home = path.join(server.folder, "data/provisioner/terraform/workspaces", folder, "run/home");
    process.kill(Number(readFileSync(path.join(home, ".prewarm/agent.pid"), "utf8")), "SIGKILL");
    await poolHas({ eligible: 0 });
    await server.must("templates delete web --yes");
    await nothingIsLeft();
    expect(processesOf(home)).toEqual([]);
  });
});
