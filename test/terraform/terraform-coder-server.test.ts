// The way of a template that is written for Coder with the whole program: pool, claim, scripts, stop, delete.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const settledWithinMs = 120_000;
const demo = readFileSync(path.resolve(import.meta.dirname, "../../templates/coder-demo/main.tf"), "utf8");

/** Without what is in template.yaml here. */
const configuration = `${demo
  .replace(/data "coder_parameter"[^]*?\n}\n/, "")
  .replace(/data "coder_workspace_preset"[^]*?\n}\n/, "")
  .replace("\${data.coder_parameter.greeting.value}", "Hello")}
resource "coder_script" "note" {
  agent_id     = coder_agent.main.id
  display_name = "Note"
  run_on_start = true
  script       = "echo start of \${data.coder_workspace_owner.me.name} >> $HOME/notes"
}

resource "coder_script" "leave" {
  agent_id     = coder_agent.main.id
  display_name = "Leave"
  run_on_stop  = true
  script       = "echo stop of \${data.coder_workspace_owner.me.name} >> $HOME/notes"
}
`;

const manifest = JSON.stringify({
  driver: "terraform",
  agents: [{ name: "main" }],
  presets: [{ name: "small", prebuilds: { instances: 1 } }],
});

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

const folders = (): readonly string[] => readdirSync(path.join(server.folder, "data/provisioner/terraform/workspaces"));

async function poolIsReady(): Promise<void> {
  await waitUntil(
    "the pool has one that is ready",
    async () => {
      const { exitCode, output } = await server.run("prebuilds list --json");
      return exitCode === 0 && /"eligible":\s*1/.test(output);
    },
    settledWithinMs,
  );
}

describe("a template that is written for Coder", { timeout: 400_000 }, () => {
  test("is claimed with the owner's variables, runs its scripts once more for him, stops with those of a stop, and leaves nothing", async () => {
    const pushed = await server.push("coder", { "template.yaml": manifest, "main.tf": configuration });
    expect(pushed).toMatchObject({ exitCode: 0 });
    await poolIsReady();
    const [folder = ""] = folders();
    const notes = path.join(server.folder, "data/provisioner/terraform/workspaces", folder, "run/home/notes");
    expect(readFileSync(notes, "utf8")).toBe("start of prebuilds\n");
    const asked = performance.now();
    await server.must("create dev --template coder --preset small");
    const greeting = await server.must("exec dev -- printenv GREETING");
    process.stdout.write(`from the request to the owner's variables: ${Math.round(performance.now() - asked)} ms\n`);
    expect(greeting).toMatch(/^Hello, .+!\n$/);
    expect(greeting).not.toContain("prebuilds");
    expect(readFileSync(notes, "utf8")).toBe("start of prebuilds\nstart of admin\n");
    await server.must("stop dev");
    expect(readFileSync(notes, "utf8")).toBe("start of prebuilds\nstart of admin\nstop of admin\n");
    await server.must("start dev");
    expect(await server.must("exec dev -- printenv GREETING")).toBe(greeting);
    expect(readFileSync(notes, "utf8")).toBe("start of prebuilds\nstart of admin\nstop of admin\nstart of admin\n");
    await server.must("delete dev --yes");
    expect(existsSync(notes)).toBe(false);
    await server.must("templates delete coder --yes");
    await waitUntil("nothing is left", () => folders().length === 0, settledWithinMs);
  });
});
