// A template that is written for Coder, with the whole program and real Terraform: no template.yaml, a pool of its own.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processesOf } from "../support/server-process.ts";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const settledWithinMs = 90_000;
const demo = readFileSync(path.resolve(import.meta.dirname, "../../templates/coder-demo/main.tf"), "utf8");

let server: WholeServer;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  server = new WholeServer({
    PREWARM_PROVISIONER_DRIVERS: "process,terraform",
    PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "1s",
  });
  await server.start();
  await server.must("templates delete starter --yes");
});
afterEach(() => server?.close());

interface Pool {
  readonly template: string;
  readonly preset: string;
  readonly eligible: number;
}

async function pools(): Promise<readonly Pool[]> {
  const { exitCode, output } = await server.run("prebuilds list --json");
  return exitCode === 0 ? (JSON.parse(output) as { readonly pools: readonly Pool[] }).pools : [];
}

const workspaces = (): string => path.join(server.folder, "data/provisioner/terraform/workspaces");
/** Of those that are made by now: the pool makes another one after the claim. */
const containers = (): readonly string[] =>
  readdirSync(workspaces())
    .map((id) => path.join(workspaces(), id, "run/home/.container.pid"))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8").trim());

describe("a template written for Coder", { timeout: 240_000 }, () => {
  test("is pushed as it is, fills its pool, is claimed without a replacement, stopped, started and deleted", async () => {
    const pushed = await server.push("greeter", { "main.tf": demo });
    expect(pushed, server.output).toMatchObject({ exitCode: 0 });
    expect(pushed.output).toContain("coder/coder is served by Prewarm");
    await waitUntil(
      "the pool of the template's own preset is ready",
      async () => (await pools()).some(({ preset, eligible }) => preset === "Hello: ready at once" && eligible === 1),
      settledWithinMs,
    );
    const [prebuilt] = containers();

    const created = JSON.parse(await server.must("create dev --template greeter --json"));
    expect(created, JSON.stringify(created)).toMatchObject({ outcome: "claimed" });
    expect(await server.must(["exec", "dev", "--", "sh", "-c", "echo $CODER_AGENT_URL"])).toContain(`${server.url}/`);
    expect(containers()).toContain(prebuilt);

    const chosen = await server.run(["create", "two", "--template", "greeter", "--parameter", "Greeting=Aloha"]);
    expect(chosen).toMatchObject({ exitCode: 0 });
    const refused = await server.run(["create", "three", "--template", "greeter", "--parameter", "Greeting=Moin"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain("Greeting");

    await server.must("stop dev");
    await server.must("start dev");
    expect(await server.must("exec dev -- echo still here")).toContain("still here");
    expect(containers()).not.toContain(prebuilt);

    for (const name of ["dev", "two"]) await server.must(`delete ${name} --yes`);
    await server.must("templates delete greeter --yes");
    await waitUntil("nothing is left", () => readdirSync(workspaces()).length === 0, settledWithinMs);
    expect(processesOf(workspaces())).toEqual([]);
  });
});
