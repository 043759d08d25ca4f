import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CodedError } from "../../src/contracts/errors.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { marking, TerraformBench, terraformMissing, variable } from "../support/terraform.ts";

let bench: TerraformBench;
let driver: TerraformDriver;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  driver = await bench.open();
});
afterEach(() => bench?.remove());

const failure = async (work: Promise<unknown>): Promise<CodedError> => {
  const error: unknown = await work.then(
    () => new Error("it went well"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CodedError)) throw error;
  return error;
};

describe("the import of a template", () => {
  test("accepts one that plans, and leaves nothing behind but the prepared version", async () => {
    bench.write("main.tf", `${variable}${marking("home", bench)}`);
    expect(await driver.parse(bench.build())).toMatchObject({
      versionState: { lockFile: null, outline: { isForCoder: false, declaresPrewarm: true } },
    });
    expect(bench.marksLeft()).toEqual([]);
    expect(readdirSync(path.join(bench.root, "imports"))).toEqual([]);
    expect(await driver.list()).toEqual([]);
  });

  test("refuses a syntax error with file, line and the words of Terraform", async () => {
    bench.write("main.tf", `${variable}\nresource "terraform_data" "x" {\n  input = = 1\n}\n`);
    const error = await failure(driver.parse(bench.build()));
    expect(error.code).toBe("invalid_template");
    expect(error.problems).toMatchObject([{ file: "main.tf", line: 4 }]);
    expect(error.message).toContain("  4:   input = = 1");
  });

  test("refuses an attribute that the type does not have, as validate says", async () => {
    bench.write("main.tf", `${variable}resource "terraform_data" "x" { colour = "red" }\n`);
    const error = await failure(driver.parse(bench.build()));
    expect(error.code).toBe("invalid_template");
    expect(error.problems).toMatchObject([{ file: "main.tf", line: 2, reason: expect.stringContaining("colour") }]);
  });

  test("refuses what only the plan can know, by the parameters of the default preset", async () => {
    bench.manifest = {
      ...bench.manifest,
      parameters: [{ name: "size" }],
      presets: [{ name: "small", parameters: { size: "tiny" } }],
    };
    const check = `lifecycle {\n precondition {\n condition = var.prewarm.parameters.size == "large"\n error_message = "no \${var.prewarm.parameters.size} ones"\n }\n }`;
    bench.write("main.tf", `${variable}resource "terraform_data" "x" {\n${check}\n}\n`);
    const error = await failure(driver.parse(bench.build()));
    expect(error).toMatchObject({
      code: "invalid_template",
      problems: [{ line: 5, file: "main.tf" }],
    });
    expect(error.message).toContain("no tiny ones");
  });

  test("refuses a provider that cannot be found", async () => {
    bench.write(
      "main.tf",
      `terraform {\n required_providers {\n nowhere = { source = "localhost:1/no/where" }\n }\n}\n`,
    );
    expect((await failure(driver.parse(bench.build()))).code).toMatch(/^(invalid_template|transient)$/);
  });

  test("keeps the state here, wherever the template says that it is", async () => {
    bench.write("main.tf", `terraform {\n backend "s3" {}\n}\n${variable}${marking("home", bench)}`);
    await driver.parse(bench.build());
    await driver.apply(bench.build());
    expect(bench.tfstate()?.resources.map(({ name }) => name)).toEqual(["home"]);
    await driver.destroy(bench.destroy());
  });
});

describe("a workspace", () => {
  test("is made, stopped, started and destroyed, and its state is stored at each step", async () => {
    const count = `count = var.prewarm.workspace.transition == "stop" ? 0 : 1`;
    bench.write("main.tf", `${variable}${marking("home", bench)}${marking("machine", bench, { more: count })}`);
    const report = await driver.apply(bench.build());
    expect(report.resources?.map(({ address }) => address)).toEqual([
      "terraform_data.home",
      "terraform_data.machine[0]",
    ]);
    expect(report.phases?.map(({ phase }) => phase)).toEqual(["init", "plan", "apply"]);
    expect(bench.marksLeft()).toEqual(["home", "machine"]);
    await driver.apply(bench.build({ transition: "stop" }));
    expect(bench.marksLeft()).toEqual(["home"]);
    await driver.apply(bench.build());
    expect(bench.marksLeft()).toEqual(["home", "machine"]);
    expect(await driver.list()).toMatchObject([{ workspaceId: "workspace-1" }]);
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
    expect(bench.states.at(-1)).toMatchObject({ exists: false, tfstate: null, agents: [] });
    expect(await driver.list()).toEqual([]);
    await driver.destroy(bench.destroy());
  });

  test("is known before anything is made, and after each resource while the next is made", async () => {
    // The second one is not done before the first one is stored: then it was on its way.
    const stored = path.join(bench.folder, "first-is-stored");
    const create = `until test -e ${stored}; do sleep 0.05; done`;
    const slow = marking("second", bench, { more: "depends_on = [terraform_data.first]", create });
    bench.write("main.tf", `${variable}${marking("first", bench)}${slow}`);
    const seen: string[] = [];
    await driver.apply(
      bench.build({
        onState: () => {
          seen.push(seen.length === 0 ? `${bench.marksLeft().join()} ${bench.names()}` : bench.names());
          if (bench.names() === "first") writeFileSync(stored, "");
        },
      }),
    );
    expect(seen[0]).toBe(" none");
    expect(seen).toContain("first");
    expect(seen.at(-1)).toBe("first,second");
    expect(bench.states[0]).toMatchObject({
      driver: "terraform",
      attempt: "job-1/1",
      folder: "workspaces/workspace-1",
    });
    await driver.destroy(bench.destroy());
  });

  test("leaves no secret on the disk behind a job, and none in the log", async () => {
    const token = "token-that-nobody-may-see";
    const main = `${variable}resource "terraform_data" "x" {
      input = var.prewarm.agents["main"].token
      provisioner "local-exec" { command = "echo \${self.input}" }
    }\n`;
    bench.write("main.tf", main);
    const agents = [{ id: "agent-1", name: "main", token }];
    const report = await driver.apply(bench.build({ agents }));
    expect(JSON.stringify(report)).not.toContain(token);
    expect(JSON.stringify(bench.lines)).not.toContain(token);
    expect(bench.logged("apply").join("\n")).toContain("(local-exec): (sensitive)");
    const files = readdirSync(bench.root, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    for (const file of files) expect(readFileSync(path.join(file.parentPath, file.name), "utf8")).not.toContain(token);
    await driver.destroy(bench.destroy());
  });

  test("shows its resources with icon and cost, its outputs, and no sensitive value", async () => {
    bench.write(
      "main.tf",
      `${variable}
resource "terraform_data" "home" { input = { size = 10, key = sensitive("hidden-key") } }
output "url" { value = "http://\${var.prewarm.workspace.name}" }
output "password" {
  value     = "hidden-word"
  sensitive = true
}
output "prewarm_resources" { value = { "terraform_data.home" = { icon = "disk", daily_cost = 3 } } }\n`,
    );
    const { resources } = await driver.apply(bench.build());
    expect(resources).toMatchObject([
      { address: "terraform_data.home", type: "terraform_data", name: "home", icon: "disk", dailyCost: 3 },
      { address: "output.password", attributes: { value: "(sensitive)" } },
      { address: "output.url", type: "output", name: "url", attributes: { value: "http://dev" } },
    ]);
    expect(resources?.[0]?.attributes?.["input"]).toBe("(sensitive)");
    expect(JSON.stringify(resources)).not.toContain("hidden");
  });

  test("fails with Terraform's words, and what was made is destroyed, the half-made too", async () => {
    bench.write(
      "main.tf",
      `${variable}${marking("first", bench)}${marking("bad", bench, { create: "echo no luck; exit 3" })}`,
    );
    const error = await failure(driver.apply(bench.build()));
    expect(error).toMatchObject({ code: "build_failed", problems: [{ field: "terraform_data.bad", file: "main.tf" }] });
    expect(error.message).toContain("no luck");
    expect(bench.marksLeft()).toEqual(["bad", "first"]);
    expect(await driver.list()).toHaveLength(1);
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });

  test("whose destruction fails is destroyed by the next try", async () => {
    bench.write(
      "main.tf",
      `${variable}resource "terraform_data" "x" {
        input = "${bench.marks}/x"
        provisioner "local-exec" { command = "touch \${self.input}" }
        provisioner "local-exec" {
          when    = destroy
          command = "test -e \${self.input}.may && rm \${self.input}"
        }
      }\n${marking("other", bench)}`,
    );
    await driver.apply(bench.build());
    expect((await failure(driver.destroy(bench.destroy()))).code).toBe("build_failed");
    expect(bench.marksLeft()).toEqual(["x"]);
    const may = path.join(bench.marks, "x.may");
    writeFileSync(may, "");
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual(["x.may"]);
  });
});

describe("a version", () => {
  test("is initialized once, for any number of workspaces, also at once, and is not fetched again", async () => {
    bench.write("main.tf", `${variable}${marking("home", bench)}`);
    const started = ["a", "b", "c", "d"].map((workspaceId) => driver.apply(bench.build({ workspaceId, state: null })));
    await Promise.all(started);
    expect(bench.downloads).toBe(1);
    expect(readdirSync(path.join(bench.root, "versions"))).toHaveLength(1);
    const again = await bench.open();
    await again.apply(bench.build({ workspaceId: "e", state: null }));
    expect(bench.downloads).toBe(1);
    for (const workspaceId of ["a", "b", "c", "d", "e"])
      expect(existsSync(path.join(bench.root, "workspaces", workspaceId))).toBe(true);
  });
});

describe("the lock file of a version", () => {
  /** Terraform, whose `init` writes a lock file where there is none, as with providers, and tells when two overlap. */
  function locking(): string {
    const file = path.join(bench.folder, "terraform-that-locks");
    const script = `#!/bin/sh
[ "$1" = init ] || exec terraform "$@"
mkdir ${bench.folder}/busy || echo overlap >> ${bench.folder}/inits
echo init >> ${bench.folder}/inits
terraform "$@" || exit 1
[ -e .terraform.lock.hcl ] || echo "# of init $(wc -l < ${bench.folder}/inits)" > .terraform.lock.hcl
rmdir ${bench.folder}/busy\n`;
    writeFileSync(file, script, { mode: 0o755 });
    return file;
  }
  const inits = (): string => readFileSync(path.join(bench.folder, "inits"), "utf8");

  test("comes from its import, and goes with each build, on another daemon too", async () => {
    const binary = locking();
    bench.write("main.tf", `${variable}${marking("home", bench)}`);
    const here = await bench.open({ binary });
    const imported = await here.parse(bench.build());
    expect(imported).toMatchObject({ versionState: { lockFile: "# of init 1\n" } });
    const build = (draft = {}) => ({ ...bench.build(draft), versionState: imported.versionState });
    await here.apply(build());
    expect(inits()).toBe("init\n");
    expect(bench.states.at(-1)).toMatchObject({ lockFile: "# of init 1\n" });
    const there = await bench.open({ binary, root: "elsewhere" });
    await there.apply(build({ workspaceId: "w", state: null }));
    expect(inits()).toBe("init\ninit\n");
    expect(bench.states.at(-1)).toMatchObject({ lockFile: "# of init 1\n" });
    await there.destroy(bench.destroy({ workspaceId: "w" }));
  });

  test("is made by one init at a time, since the cache of plugins bears no two", async () => {
    const here = await bench.open({ binary: locking() });
    const builds = ["a", "b", "c"].map((workspaceId) => {
      bench.write("main.tf", `${variable}# ${workspaceId}\n`);
      return bench.build({ workspaceId, state: null });
    });
    await Promise.all(builds.map((build) => here.apply(build)));
    expect(inits()).toBe("init\ninit\ninit\n");
  });
});

/** A program of this name that comes before all others. */
function program(name: string, script: string): { readonly binary: string; readonly programs: string } {
  const programs = path.join(bench.folder, "programs");
  mkdirSync(programs, { recursive: true });
  writeFileSync(path.join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { binary: name, programs };
}

test("OpenTofu, or whatever is configured and answers like Terraform, does as well", async () => {
  const calls = path.join(bench.folder, "calls");
  const driver = await bench.open(program("tofu", `echo "$1" >> ${calls}; exec terraform "$@"`));
  bench.write("main.tf", `${variable}${marking("home", bench)}`);
  await driver.parse(bench.build());
  await driver.apply(bench.build());
  expect(bench.marksLeft()).toEqual(["home"]);
  await driver.destroy(bench.destroy());
  expect(bench.marksLeft()).toEqual([]);
  const verbs = readFileSync(calls, "utf8").trim().split("\n");
  expect(new Set(verbs)).toEqual(new Set(["version", "init", "validate", "plan", "show", "apply", "destroy"]));
});

test("a template is told the groups of the owner", async () => {
  bench.write("main.tf", `${variable}output "groups" { value = join(",", var.prewarm.owner.groups) }`);
  const driver = await bench.open();
  const owner = { id: "user-7", username: "ada", name: "Ada", email: "", groups: ["staff", "night shift"] };
  const report = await driver.apply(bench.build({ owner }));
  expect(report.resources).toMatchObject([{ address: "output.groups", attributes: { value: "staff,night shift" } }]);
});

test("what exists of a workspace that the server has not any more is removed by the record that lies here", async () => {
  bench.write("main.tf", `${variable}${marking("home", bench)}`);
  const driver = await bench.open();
  const context = bench.build();
  const lost = {
    ...context,
    saveState: async () => (bench.marksLeft().length > 0 ? Promise.reject(new Error("away")) : undefined),
  };
  await expect(driver.apply(lost)).rejects.toThrow("away");
  expect(await driver.list()).toMatchObject([{ workspaceId: "workspace-1", deploymentId: context.deploymentId }]);
  const next = await bench.open();
  await next.remove("workspace-1", new AbortController().signal);
  expect(bench.marksLeft()).toEqual([]);
  expect(await next.list()).toEqual([]);
  const imports = path.join(bench.root, "imports");
  expect(existsSync(imports) ? readdirSync(imports) : []).toEqual([]);
});

describe("without a usable Terraform the driver says so", () => {
  test("that is too old", async () => {
    const old = program("terraform", `echo '{"terraform_version":"1.5.7"}'`);
    const error = await failure(bench.open(old));
    expect(error.code).toBe("driver_unavailable");
    expect(error.message).toContain("1.5.7, which is older than 1.6");
    expect(error.next).toContain("provisioner.terraform_binary");
  });

  test.each([
    ["that is not there", "no-such-terraform", /no-such-terraform/],
    ["that tells no version", "true", /does not tell its version/],
  ])("%s", async (_, binary, message) => {
    const error = await failure(bench.open({ binary }));
    expect(error.code).toBe("driver_unavailable");
    expect(error.message).toMatch(message);
    expect(error.next).toContain("provisioner.terraform_binary");
  });
});
