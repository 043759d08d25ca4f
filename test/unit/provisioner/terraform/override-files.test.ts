import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
  readdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  overrideFileName,
  overridesOf,
  writeOverrides,
} from "../../../../src/provisioner/drivers/terraform/coder/override-files.ts";
import { blockKey, type ResourceBlock } from "../../../../src/provisioner/drivers/terraform/configuration-outline.ts";

const agent: ResourceBlock = { module: "", type: "coder_agent", name: "main" };
const home: ResourceBlock = { module: "", type: "docker_volume", name: "home" };
const fetched: ResourceBlock = { module: "ide", type: "docker_container", name: "ide" };
const local: ResourceBlock = { module: "parts", type: "docker_container", name: "part" };

let folder: string;
let [shared, run] = ["", ""];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-override-"));
  [shared, run] = [path.join(folder, "version", ".terraform"), path.join(folder, "run")];
  mkdirSync(path.join(shared, "modules", "ide"), { recursive: true });
  mkdirSync(path.join(shared, "providers"));
  mkdirSync(path.join(run, "parts"), { recursive: true });
  writeFileSync(path.join(shared, "modules", "ide", "main.tf"), "# of the module");
  const listed = [
    { Key: "", Source: "", Dir: "." },
    { Key: "ide", Source: "registry.example.com/coder/ide/coder", Dir: ".terraform/modules/ide" },
    { Key: "parts", Source: "./parts", Dir: "parts" },
  ];
  writeFileSync(path.join(shared, "modules", "modules.json"), JSON.stringify({ Modules: listed }));
  symlinkSync(shared, path.join(run, ".terraform"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const written = (...parts: string[]): unknown =>
  JSON.parse(readFileSync(path.join(run, ...parts, overrideFileName), "utf8"));
const ignoring = (...blocks: readonly ResourceBlock[]): ReadonlyMap<string, "all"> =>
  new Map(blocks.map((block) => [blockKey(block), "all"]));

describe("the overrides of a build", () => {
  test("name each agent to its provider, and say what is not looked at", async () => {
    await writeOverrides(run, overridesOf([agent, home], ignoring(home)));
    expect(written()).toEqual({
      resource: {
        coder_agent: { main: { prewarm_name: "main" } },
        docker_volume: { home: { lifecycle: { ignore_changes: "all" } } },
      },
    });
  });

  test("go into a module's folder, and are gone with the next build that has none there", async () => {
    await writeOverrides(run, overridesOf([local], ignoring(local)));
    expect(existsSync(path.join(run, "parts", overrideFileName))).toBe(true);
    await writeOverrides(run, []);
    expect(existsSync(path.join(run, "parts", overrideFileName))).toBe(false);
  });

  test("never go into modules that all workspaces of a version share", async () => {
    await writeOverrides(run, overridesOf([fetched], ignoring(fetched)));
    expect(written(".terraform", "modules", "ide")).toMatchObject({ resource: { docker_container: { ide: {} } } });
    expect(readFileSync(path.join(run, ".terraform", "modules", "ide", "main.tf"), "utf8")).toBe("# of the module");
    expect(readdirSync(path.join(shared, "modules", "ide"))).toEqual(["main.tf"]);
    expect(readdirSync(path.join(run, ".terraform")).toSorted()).toEqual(["modules", "providers"]);
    await writeOverrides(run, []);
    expect(readdirSync(path.join(run, ".terraform", "modules", "ide"))).toEqual(["main.tf"]);
  });

  test("fail with the module's name where Terraform did not tell its folder", async () => {
    const lost = { ...fetched, module: "lost" };
    await expect(writeOverrides(run, overridesOf([lost], ignoring(lost)))).rejects.toMatchObject({
      code: "build_failed",
      message: expect.stringContaining("module lost"),
    });
  });
});
