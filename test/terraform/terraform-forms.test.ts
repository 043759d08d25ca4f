// Forms of templates whose parameters depend on each other and on the person, with real Terraform.
import { readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ManifestParameter } from "../../src/contracts/manifest-parameter.ts";
import type { FormReport } from "../../src/provisioner/driver.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { marking, TerraformBench, terraformMissing } from "../support/terraform.ts";

/** Generous: a measurement is printed, and only a plan that does something else than reading parameters is this slow. */
const planMsMax = 15_000;

let bench: TerraformBench;
let driver: TerraformDriver;
let versionState: unknown;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  driver = await bench.open();
});
afterEach(() => bench?.remove());

const ada = { id: "user-7", username: "ada", name: "Ada", email: "ada@example.com", groups: ["staff"] };

const main = `
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
data "coder_workspace_owner" "me" {}

variable "site" {
  default = "north"
}

locals {
  zones    = { eu = ["eu-1", "eu-2"], us = ["us-1", "us-2", "us-3"] }
  is_staff = contains(data.coder_workspace_owner.me.groups, "staff")
}

data "coder_parameter" "region" {
  name    = "Region"
  default = "eu"
  order   = 1
  option {
    name  = "Europe"
    value = "eu"
  }
  option {
    name  = "America"
    value = "us"
  }
}

data "coder_parameter" "zone" {
  name    = "Zone"
  default = local.zones[data.coder_parameter.region.value][0]
  order   = 2
  dynamic "option" {
    for_each = local.zones[data.coder_parameter.region.value]
    content {
      name  = upper(option.value)
      value = option.value
    }
  }
}

data "coder_parameter" "cpu" {
  name    = "CPUs"
  type    = "number"
  default = 2
  order   = 3
  validation {
    min = 1
    max = local.is_staff ? 32 : 4
  }
}

data "coder_parameter" "gpu" {
  count   = tonumber(data.coder_parameter.cpu.value) > 3 ? 1 : 0
  name    = "GPU of \${var.site}"
  type    = "bool"
  default = false
  order   = 4
}

module "extra" {
  count  = local.is_staff ? 1 : 0
  source = "./extra"
  name   = "role"
}

module "each" {
  for_each = local.is_staff ? toset(["desk"]) : toset([])
  source   = "./extra"
  name     = each.key
}

resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
}
`;

const extra = `
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
variable "name" {
  type = string
}
data "coder_parameter" "role" {
  name  = var.name
  order = 5
}
`;

async function push(more = ""): Promise<void> {
  bench.write("main.tf", main + marking("volume", bench) + more);
  bench.writeBelow("extra", "main.tf", extra);
  const report = (await driver.parse(bench.build())) ?? {};
  expect(report).toMatchObject({ hasDynamicForm: true });
  const told = report.manifestParts?.parameters ?? [];
  expect(told.filter(({ dynamic }) => dynamic !== true).map(({ name }) => name)).toEqual(["Region"]);
  ({ versionState } = report);
  bench.manifest = {
    ...bench.manifest,
    parameters: [...(report.manifestParts?.parameters ?? []), { name: "of_file", default: "x" }],
  };
}

async function form(
  parameters: Readonly<Record<string, string>> = {},
  owner: Partial<typeof ada> = {},
): Promise<FormReport> {
  const { signal } = new AbortController();
  const { work: _, saveState: __, ...context } = bench.build();
  return await driver.evaluate({
    ...context,
    versionState,
    owner: { ...ada, ...owner },
    parameters,
    preparing: signal,
    variables: { site: "south" },
  });
}

const names = ({ parameters }: FormReport): readonly string[] => parameters.map(({ name }) => name);
const named = ({ parameters }: FormReport, name: string): ManifestParameter | undefined =>
  parameters.find((one) => one.name === name);
const choices = (report: FormReport, name: string): readonly unknown[] =>
  named(report, name)?.options?.map(({ value }) => value) ?? [];

describe("a form", { timeout: 120_000 }, () => {
  test("has the options, defaults, bounds and parameters that follow from what was chosen and from the person", async () => {
    await push();
    const first = await form();
    expect(names(first)).toEqual(["Region", "Zone", "CPUs", "desk", "role", "of_file"]);
    expect(named(first, "Zone")).toMatchObject({ default: "eu-1", form_type: "radio" });
    expect(choices(first, "Zone")).toEqual(["eu-1", "eu-2"]);
    expect(named(first, "CPUs")?.validation).toMatchObject({ min: 1, max: 32 });

    const other = await form({ Region: "us", CPUs: "8" });
    expect(choices(other, "Zone")).toEqual(["us-1", "us-2", "us-3"]);
    expect(named(other, "Zone")).toMatchObject({ default: "us-1" });
    // Its name has a variable of the push in it.
    expect(names(other)).toEqual(["Region", "Zone", "CPUs", "GPU of south", "desk", "role", "of_file"]);

    const guest = await form({ CPUs: "4" }, { id: "user-8", username: "bob", groups: [] });
    expect(names(guest)).not.toContain("role");
    expect(named(guest, "CPUs")?.validation).toMatchObject({ max: 4 });
  });

  test("is drawn although something of what was given does not fit, with a value that does in its place", async () => {
    await push();
    const odd = await form({ Region: "mars", Zone: "eu-9", CPUs: "many" });
    expect(names(odd)).toEqual(["Region", "Zone", "CPUs", "desk", "role", "of_file"]);
    expect(choices(odd, "Zone")).toEqual(["eu-1", "eu-2"]);
  });

  test("makes nothing, plans nothing that it does not need, and leaves no folder", async () => {
    // A look at what is not there yet: planned as a whole, the template would fail from now on.
    await push(`
data "terraform_remote_state" "gone" {
  count   = fileexists("\${path.root}/../gone") || data.coder_workspace_owner.me.name == "prebuilds" ? 0 : 1
  backend = "local"
  config  = { path = "/nowhere/terraform.tfstate" }
}
`);
    await form();
    expect(bench.marksLeft()).toEqual([]);
    expect(readdirSync(path.join(bench.root, "forms"))).toEqual([]);
  });

  test("that the template itself cannot draw is refused with file and line", async () => {
    await push(`
data "coder_parameter" "broken" {
  name    = "broken"
  default = [10, 20][tonumber(data.coder_parameter.cpu.value) > 8 ? 5 : 0]
  type    = "number"
}
`);
    expect(names(await form())).toContain("broken");
    await expect(form({ CPUs: "9" })).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringContaining("main.tf"),
    });
  });

  test("is a plan and a show of a version that is prepared once", async () => {
    await push();
    await form();
    const before = bench.downloads;
    const tookMs: number[] = [];
    for (const cpu of ["3", "5", "7"]) {
      const beganMs = performance.now();
      await form({ CPUs: cpu });
      tookMs.push(Math.round(performance.now() - beganMs));
    }
    expect(bench.downloads).toBe(before);
    process.stdout.write(`a form takes ${tookMs.join(", ")} ms\n`);
    expect(Math.min(...tookMs)).toBeLessThan(planMsMax);
  });
});
