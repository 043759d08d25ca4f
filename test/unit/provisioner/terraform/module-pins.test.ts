import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pinFiles } from "../../../../src/provisioner/drivers/terraform/modules/module-pins.ts";

const pin = (key: string) => ({ key, source: "registry.example.com/a/b/c", version: "1.0.0" });

/** A working directory in which these modules are installed, by the folders of their files. */
function installed(folders: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-pins-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, ".terraform/modules"), { recursive: true });
  const Modules = Object.entries(folders).map(([Key, Dir]) => ({ Key, Source: "", Version: "", Dir }));
  writeFileSync(path.join(folder, ".terraform/modules/modules.json"), JSON.stringify({ Modules }));
  return folder;
}

test("a version is asked for beside the call, in the folder of the module that calls", async () => {
  const folder = installed({ "": ".", tool: ".terraform/modules/tool", local: "parts/local" });
  const files = await pinFiles(folder, [pin("tool"), pin("tool.inner"), pin("local.other"), pin("gone.far")]);
  expect(files.map(({ file }) => file)).toEqual([
    "prewarm_modules_override.tf.json",
    ".terraform/modules/tool/prewarm_modules_override.tf.json",
    "parts/local/prewarm_modules_override.tf.json",
  ]);
  expect(JSON.parse(files[1]?.content ?? "")).toEqual({ module: { inner: { version: "1.0.0" } } });
});

test.each([
  "..",
  "../..",
  "parts/../../other",
  "/etc",
])("nothing is written for a module that lies at %s", async (where) => {
  expect(await pinFiles(installed({ away: where }), [pin("away.inner")])).toEqual([]);
});
