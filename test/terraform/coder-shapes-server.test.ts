// The shape with the most of Docker in it, with the whole program, its agent in a "container" of the stand-in's.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveStandIns, type StandIns } from "../support/stand-ins/stand-ins.ts";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const settledWithinMs = 90_000;

let standIns: StandIns;
let server: WholeServer;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  standIns = await serveStandIns();
  server = new WholeServer({
    PREWARM_PROVISIONER_DRIVERS: "process,terraform",
    PREWARM_PROVISIONER_TERRAFORM_BINARY: standIns.binary,
    PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "1s",
  });
  await server.start();
  await server.must("templates delete starter --yes");
});
afterEach(async () => {
  await server?.close();
  await standIns?.close();
});

function filesOf(shape: string): Record<string, string> {
  const folder = path.join(import.meta.dirname, "shapes", shape);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, "utf8")];
    }),
  );
}

async function isPoolReady(): Promise<boolean> {
  const { exitCode, output } = await server.run("prebuilds list --json");
  if (exitCode !== 0) return false;
  const { pools } = JSON.parse(output) as { readonly pools: readonly { readonly eligible: number }[] };
  return pools.some(({ eligible }) => eligible === 1);
}

test("a template in the shape of docker keeps its container over a claim, and gets another one after a stop", {
  timeout: 240_000,
}, async () => {
  const pushed = await server.push("boxes", filesOf("02-docker"));
  expect(pushed, server.output).toMatchObject({ exitCode: 0 });
  await waitUntil("the pool is ready", isPoolReady, settledWithinMs);
  const prebuilt = standIns.containers.processIds;
  expect(prebuilt).toHaveLength(1);

  const created = JSON.parse(await server.must("create dev --template boxes --json"));
  expect(created).toMatchObject({ outcome: "claimed" });
  expect(standIns.containers.processIds).toEqual(expect.arrayContaining([...prebuilt]));
  expect(await server.must(["exec", "dev", "--", "sh", "-c", "touch $HOME/kept; echo $CODER_AGENT_URL"])).toContain(
    `${server.url}/`,
  );

  // The claim's build goes on behind the hand-over, and a stop is refused until it has ended.
  const stopped = async (): Promise<boolean> => (await server.run("stop dev")).exitCode === 0;
  await waitUntil("the claim's build has ended, and the workspace is stopped", stopped, settledWithinMs);
  for (const processId of prebuilt) expect(standIns.containers.processIds).not.toContain(processId);
  await server.must("start dev");
  expect(await server.must(["exec", "dev", "--", "sh", "-c", "ls $HOME"])).toContain("kept");

  await server.must("delete dev --yes");
  await server.must("templates delete boxes --yes");
  await waitUntil("nothing is left", () => standIns.containers.volumes.length === 0, settledWithinMs);
  expect(standIns.containers.processIds).toEqual([]);
});
