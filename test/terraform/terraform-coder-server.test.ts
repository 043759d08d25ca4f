// A template that is written for Coder, with the whole program and real Terraform: no template.yaml, a pool of its own.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePorts } from "../../chaos/system/free-port.ts";
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

/** Started by a script as modules do it: what it leaves in the background lives on. */
function appServedAt(port: number): string {
  const serve = `require("http").createServer((q, a) => a.end("hi")).listen(${port}, "127.0.0.1").on("error", () => {})`;
  return `
resource "coder_script" "serve" {
  agent_id     = coder_agent.main.id
  display_name = "Serve"
  run_on_start = true
  script       = <<-EOT
    ${process.execPath} -e '${serve}' > /dev/null 2>&1 &
  EOT
}

resource "coder_app" "greeting" {
  agent_id     = coder_agent.main.id
  slug         = "greeting"
  display_name = "Greeting"
  url          = "http://localhost:${port}"
  healthcheck {
    url       = "http://localhost:${port}/"
    interval  = 1
    threshold = 5
  }
}
`;
}

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
    const [port = 0] = await freePorts(1);
    const pushed = await server.push("greeter", { "main.tf": demo, "app.tf": appServedAt(port) });
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

    // Its scripts ran for nobody, and once more for whom it was claimed, before he could get in.
    const inside = async (name: string, command: string): Promise<string> =>
      (await server.must(["exec", name, "--", "sh", "-c", command])).trim();
    expect(await inside("dev", "echo $GREETING $EDITOR")).toMatch(/^Hello, .+! vi$/);
    const greetings = (await inside("dev", "cat ~/greetings")).split("\n");
    expect(greetings).toHaveLength(2);
    expect(greetings[1]).toBe(await inside("dev", "echo $GREETING"));
    expect(greetings[0]).not.toBe(greetings[1]);
    await waitUntil(
      "the script with a cron has run",
      async () => (await inside("dev", "cat ~/tidied || true")) !== "",
      settledWithinMs,
    );

    await waitUntil(
      "the app that a script has started is well",
      async () => (await server.must("apps list dev --json")).includes('"healthy"'),
      settledWithinMs,
    );

    const chosen = await server.run(["create", "two", "--template", "greeter", "--parameter", "Greeting=Aloha"]);
    expect(chosen).toMatchObject({ exitCode: 0 });
    const refused = await server.run(["create", "three", "--template", "greeter", "--parameter", "Greeting=Moin"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain("Greeting");

    await server.must("stop dev");
    await server.must("start dev");
    expect(await server.must("exec dev -- echo still here")).toContain("still here");
    expect(containers()).not.toContain(prebuilt);
    expect((await inside("dev", "cat ~/greetings")).split("\n")).toHaveLength(3);

    for (const name of ["dev", "two"]) await server.must(`delete ${name} --yes`);
    await server.must("templates delete greeter --yes");
    await waitUntil("nothing is left", () => readdirSync(workspaces()).length === 0, settledWithinMs);
    expect(processesOf(workspaces())).toEqual([]);
  });
});
