import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PlanReport } from "../../src/contracts/provisioner-protocol.ts";
import type { BuildContext } from "../../src/provisioner/driver.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { readTerraformState } from "../../src/provisioner/drivers/terraform/terraform-state.ts";
import { marking, TerraformBench, terraformMissing, variable } from "../support/terraform.ts";

let bench: TerraformBench;
let driver: TerraformDriver;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  driver = await bench.open();
});
afterEach(() => bench?.remove());

/** The report of a claim by ada, after a prebuild of the template. */
async function claimed(
  main: string,
): Promise<{ readonly plan: PlanReport | undefined; readonly context: BuildContext }> {
  bench.write("main.tf", variable + main);
  await driver.apply(bench.build());
  const context = bench.claim();
  return { context, plan: (await driver.apply(context))?.plan };
}

const replacedBy = (...triggers: string[]): string => `triggers_replace = [${triggers.join(", ")}]`;

test("the state of whoever has tried the template by hand is nobody's workspace, also in a version that has it", async () => {
  bench.write("main.tf", `${variable}${marking("home", bench)}`);
  const instances = [{ schema_version: 0, attributes: { id: "authors-own" }, sensitive_attributes: [] }];
  const provider = 'provider["terraform.io/builtin/terraform"]';
  const mine = { mode: "managed", type: "terraform_data", name: "mine", provider, instances };
  const state = { version: 4, terraform_version: "1.6.0", serial: 7, lineage: "mine", outputs: {}, resources: [mine] };
  for (const name of ["terraform.tfstate", "terraform.tfstate.backup"]) bench.write(name, JSON.stringify(state));
  await driver.apply(bench.build());
  expect(bench.names()).toBe("home");
  expect(bench.marksLeft()).toEqual(["home"]);
});

describe("a claim", () => {
  test("that changes nothing is planned and not applied", async () => {
    const { plan } = await claimed(marking("home", bench, { create: 'echo made >> "${self.input}"' }));
    expect(plan).toEqual({ effect: "nothing", changes: 0, replacements: [] });
    expect(bench.mark("home")).toBe("made\n");
    expect(bench.logged("plan")).toContain("nothing to change");
    expect(bench.logged("replacement")).toEqual([]);
  });

  test("gives the agents the tokens and scripts of the prebuild", async () => {
    const token = 'input = [var.prewarm.agents["main"].token, var.prewarm.agents["main"].bootstrap]';
    const { plan } = await claimed(`resource "terraform_data" "agent" { ${token} }\n`);
    expect(plan?.effect).toBe("nothing");
    const agents = readTerraformState(bench.states.at(-1))?.agents;
    expect(agents).toEqual([
      { id: "agent-of-workspace-1", name: "main", token: "agent-token", bootstrap: "start main of build-1" },
    ]);
  });

  test("whose agents nobody knows fails before anything is planned", async () => {
    bench.write("main.tf", `${variable}${marking("home", bench)}`);
    await driver.apply(bench.build());
    const agents = [{ id: "another", name: "main", token: null }];
    await expect(driver.apply(bench.claim({ agents }))).rejects.toMatchObject({ code: "build_failed" });
    expect(bench.marksLeft()).toEqual(["home"]);
  });

  test("that updates in place is applied, and says so", async () => {
    const { plan } = await claimed('resource "terraform_data" "x" { input = var.prewarm.owner.email }\n');
    expect(plan).toEqual({ effect: "in_place", changes: 1, replacements: [] });
    expect(JSON.stringify(bench.tfstate())).toContain("ada@example.com");
  });

  test("that changes outputs alone stores them, and changes nothing of what exists", async () => {
    const { plan } = await claimed('output "owner" { value = var.prewarm.owner.username }\n');
    expect(plan?.effect).toBe("nothing");
    expect(JSON.stringify(bench.tfstate())).toContain('"ada"');
  });

  test("that fails has said by then which resources it had begun to replace, and no other", async () => {
    bench.write(
      "main.tf",
      `${variable}
      resource "terraform_data" "gone" {
        ${replacedBy("var.prewarm.owner.username")}
        provisioner "local-exec" { command = "test \${var.prewarm.owner.username} = prebuilds" }
      }
      resource "terraform_data" "still_there" {
        ${replacedBy("var.prewarm.owner.username")}
        provisioner "local-exec" { command = "test \${var.prewarm.owner.username} = prebuilds" }
        lifecycle { create_before_destroy = true }
      }
      resource "terraform_data" "kept" {}\n`,
    );
    await driver.apply(bench.build());
    const plans: PlanReport[] = [];
    const context = { ...bench.claim(), notePlan: (plan: PlanReport) => void plans.push(plan) };
    await expect(driver.apply(context)).rejects.toMatchObject({ code: "build_failed" });
    expect(plans.at(-1)?.replacements.map(({ address }) => address)).toEqual(["terraform_data.gone"]);
  });

  test("that replaces writes each reason into the log as a warning, sorted, before it applies", async () => {
    const [owner, name] = ["var.prewarm.owner.username", "var.prewarm.workspace.name"];
    const { plan } = await claimed(
      `resource "terraform_data" "z" { ${replacedBy(owner)} }
       resource "terraform_data" "a" { ${replacedBy(name, owner)} }
       resource "terraform_data" "kept" { ${replacedBy("var.prewarm.workspace.id")} }\n`,
    );
    expect(plan?.effect).toBe("replaces");
    expect(plan?.replacements.map(({ address }) => address)).toEqual(["terraform_data.a", "terraform_data.z"]);
    expect(bench.logged("replacement", "warn")).toEqual([
      'terraform_data.a is replaced: triggers_replace changes from ["dev","prebuilds"] to ["dev","ada"]',
      'terraform_data.z is replaced: triggers_replace changes from ["prebuilds"] to ["ada"]',
    ]);
    const stages = bench.lines.map(({ stage }) => stage);
    expect(stages.lastIndexOf("replacement")).toBeLessThan(stages.lastIndexOf("apply"));
  });

  test("masks sensitive values, the parents of one, and tokens that are not marked as such", async () => {
    const owner = "var.prewarm.owner.username";
    const { plan } = await claimed(
      `resource "terraform_data" "secret" { ${replacedBy(`sensitive("password-of-\${${owner}}")`)} }
       resource "terraform_data" "token" { ${replacedBy('var.prewarm.agents["main"].token', owner)} }\n`,
    );
    expect(plan?.replacements).toEqual([
      {
        address: "terraform_data.secret",
        reasons: [{ path: "triggers_replace", before: "(sensitive)", after: "(sensitive)" }],
      },
      {
        address: "terraform_data.token",
        reasons: [{ path: "triggers_replace", before: '["(sensitive)","prebuilds"]', after: '["(sensitive)","ada"]' }],
      },
    ]);
    expect(JSON.stringify(bench.lines)).not.toMatch(/password-of|agent-token/);
  });

  test("that fails leaves what is there to the next start, which gives new tokens", async () => {
    const bad = `resource "terraform_data" "x" {
      ${replacedBy("var.prewarm.owner.username")}
      provisioner "local-exec" { command = "test $PREWARM_BUILD_STAGE != claim" }
    }\n`;
    await expect(claimed(bad + marking("home", bench))).rejects.toMatchObject({ code: "build_failed" });
    const again = bench.claim({
      stage: "ordinary",
      agents: [{ id: "agent-2", name: "main", token: "new-agent-token" }],
    });
    await driver.apply(again);
    expect(bench.marksLeft()).toEqual(["home"]);
    expect(readTerraformState(bench.states.at(-1))?.agents).toMatchObject([
      { id: "agent-2", token: "new-agent-token" },
    ]);
  });
});

describe("a rehearsal", () => {
  test("finds what the claim then finds, and changes nothing", async () => {
    bench.write("main.tf", `${variable}${marking("home", bench, { more: replacedBy("var.prewarm.owner.id") })}`);
    await driver.apply(bench.build());
    const states = bench.states.length;
    const mark = bench.tfstate()?.serial;
    const made = await driver.planClaim(
      bench.claim({ owner: { id: "x", username: "rehearsal", name: "", email: "" } }),
    );
    expect(made).toMatchObject({ effect: "replaces", replacements: [{ address: "terraform_data.home" }] });
    expect([bench.states.length, bench.tfstate()?.serial, bench.marksLeft()]).toEqual([states, mark, ["home"]]);
    const { plan } = (await driver.apply(bench.claim())) ?? {};
    expect(plan?.replacements.map(({ address }) => address)).toEqual(made.replacements.map(({ address }) => address));
  });

  test("can be made by a daemon that has never seen the workspace, and leaves nothing there", async () => {
    bench.write("main.tf", `${variable}${marking("home", bench)}`);
    await driver.apply(bench.build());
    const other = new TerraformBench();
    try {
      const elsewhere = await other.open();
      expect((await elsewhere.planClaim(bench.claim())).effect).toBe("nothing");
      expect(await elsewhere.list()).toEqual([]);
    } finally {
      other.remove();
    }
  });
});

describe("the environment", () => {
  test("tells prebuild, claim and ordinary builds apart, and holds nothing of the daemon's own", async () => {
    const owner = replacedBy("var.prewarm.build.number");
    const line =
      'echo "$PREWARM_BUILD_STAGE $PREWARM_IS_PREBUILD $PREWARM_IS_CLAIM $PREWARM_TRANSITION" >> ${self.input}';
    const none = 'test -z "$PREWARM_PROVISIONER_KEY$npm_config_token"';
    bench.write("main.tf", `${variable}${marking("x", bench, { more: owner, create: `${none} && ${line}` })}`);
    const seen: string[] = [];
    for (const build of [bench.build(), bench.claim(), bench.build({ stage: "ordinary" })]) {
      await driver.apply({ ...build, work: { ...build.work, state: bench.states.at(-1) ?? null } });
      seen.push(bench.mark("x"));
    }
    expect(seen).toEqual(["prebuild true false start\n", "claim false true start\n", "ordinary false false start\n"]);
  });
});
