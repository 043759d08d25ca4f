// Templates written for Coder with `coder_provider: registry`, with real Terraform: the provider is a program that
// Terraform installs from a mirror and starts itself. Ours stands for it; PREWARM_TEST_CODER_MIRROR names a mirror with the
// original one, which the same test then runs against.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BuildContext } from "../../src/provisioner/driver.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { bundleProgram } from "../support/bundled-program.ts";
import { marking, TerraformBench, terraformMissing } from "../support/terraform.ts";

const realMirror = process.env["PREWARM_TEST_CODER_MIRROR"];
const folder = mkdtempSync(path.join(tmpdir(), "prewarm-mirror-"));
const standIn = path.join(folder, "stand-in");
const lifeLimitMs = 240_000;

beforeAll(async () => {
  if (terraformMissing !== undefined) return;
  const program = path.join(folder, "original-provider.mjs");
  await bundleProgram("test/support/original-provider.ts", program);
  const place = path.join(standIn, "registry.terraform.io/coder/coder/2.17.0", `linux_${goArchitecture()}`);
  mkdirSync(place, { recursive: true });
  const file = path.join(place, "terraform-provider-coder_v2.17.0");
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${program}"\n`);
  chmodSync(file, 0o755);
}, lifeLimitMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function goArchitecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

/** For a daemon whose Terraform takes the provider from this mirror alone. */
function environmentFor(mirror: string): Readonly<Record<string, string>> {
  const file = path.join(folder, `${path.basename(mirror)}.rc`);
  const include = 'include = ["coder/coder"]';
  writeFileSync(
    file,
    `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n    ${include}\n  }\n  direct {\n    exclude = ["coder/coder"]\n  }\n}\n`,
  );
  return { TF_CLI_CONFIG_FILE: file, ...(mirror === standIn ? { TF_DISABLE_PLUGIN_TLS: "1" } : {}) };
}

let bench: TerraformBench;
let versionState: unknown;
beforeEach((context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
});
afterEach(() => bench?.remove());

const head = `
terraform {
  required_providers {
    coder = {
      source  = "coder/coder"
      version = "~> 2.0"
    }
  }
}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_parameter" "size" {
  name    = "Home size"
  default = "small"
  mutable = true
}
`;
const agent = (name: string): string => `
resource "coder_agent" "${name}" {
  os   = "linux"
  arch = "amd64"
  env  = { GIT_AUTHOR_NAME = data.coder_workspace_owner.me.name }
}
`;
const registry = { driver: "terraform", terraform: { coder_provider: "registry" } } as const;

async function imported(driver: TerraformDriver, main: string): Promise<void> {
  bench.write("main.tf", main);
  bench.manifest = { ...registry, agents: [{ name: "main" }] };
  versionState = ((await driver.parse(bench.build())) ?? {}).versionState;
}

const of = (context: BuildContext): BuildContext => ({ ...context, versionState });
const withToken = (token: string | null): BuildContext["work"]["agents"] => [{ id: "id-of-main", name: "main", token }];
const ada = { id: "user-7", username: "ada", name: "Ada", email: "ada@example.com", groups: ["staff"] };
const ordinary = { stage: "ordinary", workspaceName: "dev", owner: ada } as const;

interface StateResource {
  readonly type?: string;
  readonly name: string;
  readonly instances?: readonly { readonly attributes: Readonly<Record<string, unknown>> }[];
}

function attributesOf(type: string, name: string): Readonly<Record<string, unknown>> {
  const resources: readonly StateResource[] = bench.tfstate()?.resources ?? [];
  const found = resources.find((resource) => resource.type === type && resource.name === name);
  return found?.instances?.[0]?.attributes ?? {};
}

describe.each([
  { what: "a stand-in for the original provider", mirror: standIn },
  { what: "the original provider", mirror: realMirror },
])("a template that takes $what", ({ mirror }) => {
  test("is imported, built, claimed without losing its container or token, stopped, started and deleted", {
    timeout: lifeLimitMs,
  }, async (context) => {
    if (mirror === undefined) return context.skip("PREWARM_TEST_CODER_MIRROR names no mirror with it");
    const driver = await bench.open({ environment: environmentFor(mirror) });
    const triggers = "[coder_agent.main.token, coder_agent.main.init_script, data.coder_workspace_owner.me.name]";
    await imported(driver, head + agent("main") + marking("box", bench, { more: `triggers_replace = ${triggers}` }));
    expect(bench.logged("plan").join("\n")).toMatch(/coder\/coder 2\.\d+\.\d+ from registry\.terraform\.io/);
    expect(bench.logged("plan").join("\n")).not.toContain("served by Prewarm");

    const parameters = { "Home size": "large" };
    await driver.apply(of(bench.build({ parameters, agents: withToken("first-token") })));
    const made = attributesOf("coder_agent", "main");
    expect(made).toMatchObject({ token: "first-token", init_script: expect.stringContaining("# amd64 http") });
    expect(made).not.toHaveProperty("prewarm_name");
    expect(attributesOf("coder_parameter", "size")).toMatchObject({ value: "large" });
    const box = attributesOf("terraform_data", "box")["id"];

    const rehearsed = await driver.planClaim(of(bench.claim({ parameters, agents: withToken(null) })));
    expect(rehearsed).toMatchObject({ replacements: [] });
    await driver.apply(of(bench.claim({ parameters, agents: withToken(null) })));
    const claimed = attributesOf("coder_agent", "main");
    expect(claimed).toMatchObject({ token: "first-token", env: { GIT_AUTHOR_NAME: "ada" } });
    // It is the original that has no update.
    expect(claimed["id"]).not.toBe(made["id"]);
    expect(attributesOf("terraform_data", "box")["id"]).toBe(box);

    await driver.apply(of(bench.build({ ...ordinary, parameters, transition: "stop", agents: [] })));
    await driver.apply(of(bench.build({ ...ordinary, parameters, agents: withToken("second-token") })));
    expect(attributesOf("coder_agent", "main")["token"]).toBe("second-token");
    await driver.destroy(of(bench.destroy({ ...ordinary, parameters })));
    expect(bench.marksLeft()).toEqual([]);
  });
});

test("a provider that no mirror has is an error that says how to go on without it", {
  timeout: lifeLimitMs,
}, async () => {
  const empty = path.join(folder, "empty");
  mkdirSync(empty, { recursive: true });
  const driver = await bench.open({ environment: environmentFor(empty) });
  await expect(imported(driver, head + agent("main"))).rejects.toMatchObject({
    code: "invalid_template",
    next: expect.stringMatching(/mirror .*take `coder_provider: registry` out .*template\.yaml/),
  });
});

test("a template of several agents is refused, since they would have one token", { timeout: lifeLimitMs }, async () => {
  const driver = await bench.open({ environment: environmentFor(standIn) });
  await expect(imported(driver, head + agent("main") + agent("side"))).rejects.toMatchObject({
    code: "invalid_template",
    message: expect.stringMatching(/coder_agent\.side \(main\.tf:\d+\): the original provider has one token/),
  });
});

test("a template that is not written for Coder is told that the choice has no effect", async () => {
  const driver = await bench.open({ environment: environmentFor(standIn) });
  bench.write("main.tf", marking("box", bench));
  bench.manifest = registry;
  await driver.parse(bench.build());
  expect(bench.logged("plan", "warn").join("\n")).toContain("terraform.coder_provider has no effect");
});

test("a form with a value that does not fit is drawn all the same", { timeout: lifeLimitMs }, async () => {
  const driver = await bench.open({ environment: environmentFor(standIn) });
  const zones = `
data "coder_parameter" "zone" {
  name    = "Zone"
  default = "\${data.coder_parameter.size.value}-1"
  option {
    name  = "One"
    value = "\${data.coder_parameter.size.value}-1"
  }
}
`;
  await imported(driver, head + agent("main") + zones);
  const form = await driver.evaluate({
    ...bench.build(),
    versionState,
    owner: ada,
    parameters: { "Home size": "large", Zone: "small-1" },
    preparing: new AbortController().signal,
  });
  expect(form.parameters.find(({ name }) => name === "Zone")?.options).toEqual([{ name: "One", value: "large-1" }]);
});
