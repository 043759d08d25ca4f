// Modules of a registry that nobody here can reach, out of a folder: in the version of the import, whatever is newer.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ModuleRegistry } from "../../src/provisioner/drivers/terraform/modules/module-registry.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { TerraformBench, terraformMissing, variable } from "../support/terraform.ts";

const host = "registry.coder.com";
let bench: TerraformBench;
let driver: TerraformDriver;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  mkdirSync(mirror(), { recursive: true });
});
afterEach(async () => {
  await driver?.close();
  bench?.remove();
});

const mirror = (): string => path.join(bench.folder, "modules");

/** Puts a version of a module into the folder. */
function offer(name: string, version: string, text: string): void {
  const folder = path.join(mirror(), host, "acme", name, "coder");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${version}.tar.gz`), tarArchive([{ path: "main.tf", content: text }]));
}

/** Says its version, and that of the module that it calls. */
const outer = (version: string): string => `
output "said" { value = "outer ${version}, \${module.inner.said}" }
module "inner" {
  source  = "${host}/acme/inner/coder"
  version = ">= 1.0.0"
}
`;
const inner = (version: string): string => `output "said" { value = "inner ${version}" }\n`;
const template = `${variable}
module "tool" {
  source  = "${host}/acme/outer/coder"
  version = "~> 1.0"
}
resource "terraform_data" "said" { input = module.tool.said }
`;

async function imported(): Promise<unknown> {
  bench.write("main.tf", template);
  return ((await driver.parse(bench.build())) ?? {}).versionState;
}

const said = (): string => JSON.stringify(bench.tfstate());

test("are taken by their range at the import, and each daemon has those versions from then on", async () => {
  offer("outer", "1.0.0", outer("1.0.0"));
  offer("outer", "2.0.0", outer("2.0.0"));
  offer("inner", "1.0.0", inner("1.0.0"));
  driver = await bench.open({ moduleMirror: mirror() });
  const versionState = await imported();
  expect(versionState).toMatchObject({
    modules: [
      { key: "tool", version: "1.0.0" },
      { key: "tool.inner", version: "1.0.0" },
    ],
  });
  offer("outer", "1.1.0", outer("1.1.0"));
  offer("inner", "1.5.0", inner("1.5.0"));
  await driver.close();
  driver = await bench.open({ moduleMirror: mirror(), root: "another-daemon" });
  await driver.apply({ ...bench.build(), versionState });
  expect(said()).toContain("outer 1.0.0, inner 1.0.0");
  const later = await bench.open({ moduleMirror: mirror(), root: "third-daemon" });
  bench.write("other.tf", "# another version\n");
  expect(await later.parse(bench.build())).toMatchObject({
    versionState: {
      modules: [
        { key: "tool", version: "1.1.0" },
        { key: "tool.inner", version: "1.5.0" },
      ],
    },
  });
  await later.close();
});

test("that the folder has no more in the version of the import are named, and nothing is made of another", async () => {
  offer("outer", "1.0.0", outer("1.0.0"));
  offer("inner", "1.0.0", inner("1.0.0"));
  driver = await bench.open({ moduleMirror: mirror() });
  const versionState = { ...((await imported()) as object) };
  const gone = { key: "tool", source: `${host}/acme/outer/coder`, version: "1.0.7" };
  await driver.close();
  driver = await bench.open({ moduleMirror: mirror(), root: "another-daemon" });
  await expect(driver.apply({ ...bench.build(), versionState: { ...versionState, modules: [gone] } })).rejects.toThrow(
    /1\.0\.7/,
  );
  expect(bench.tfstate()).toBeNull();
});

test("leave the host's own configuration of Terraform as it is, which is read all the same", async () => {
  const config = path.join(bench.folder, "own.tfrc");
  // Whoever has a registry of his own for a host is asked before the folder is: here, one that nobody answers at.
  writeFileSync(config, `host "${host}" {\n  services = { "modules.v1" = "http://127.0.0.1:9/" }\n}\n`);
  offer("outer", "1.0.0", outer("1.0.0"));
  driver = await bench.open({ moduleMirror: mirror(), environment: { TF_CLI_CONFIG_FILE: config } });
  await expect(imported()).rejects.toThrow(/127\.0\.0\.1:9/);
});

test("whose folder is not there keep the driver from opening, with what to do", async () => {
  await expect(bench.open({ moduleMirror: path.join(bench.folder, "nowhere") })).rejects.toMatchObject({
    code: "driver_unavailable",
    next: expect.stringContaining("provisioner.terraform_module_mirror"),
  });
});

test.each([
  ["a folder above", "/registry.coder.com/../../secret.tar.gz"],
  ["a name that begins with a dot", "/registry.coder.com/acme/.git/coder/versions"],
  ["a module that is not there", "/registry.coder.com/acme/none/coder/versions"],
  ["a version that is not there", "/registry.coder.com/acme/outer/coder/9.9.9/download"],
  ["nothing", "/"],
])("are asked for over HTTP, where %s is not found", async (_what, target) => {
  offer("outer", "1.0.0", outer("1.0.0"));
  writeFileSync(path.join(bench.folder, "secret.tar.gz"), "secret");
  const registry = new ModuleRegistry(mirror());
  await registry.open();
  const origin = new URL(registry.urlOf(host)).origin;
  try {
    expect((await fetch(`${origin}${target}`)).status).toBe(404);
    expect((await fetch(`${origin}/${host}/acme/outer/coder/versions`, { method: "POST" })).status).toBe(405);
    const found = await fetch(`${origin}/${host}/acme/outer/coder/1.0.0/download`);
    expect([found.status, found.headers.get("x-terraform-get")]).toEqual([
      204,
      `${origin}/${host}/acme/outer/coder/1.0.0.tar.gz?archive=tar.gz`,
    ]);
  } finally {
    await registry.close();
  }
});
