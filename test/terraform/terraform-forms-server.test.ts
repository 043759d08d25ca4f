// A form whose parameters depend on each other, with the whole program and real Terraform.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TemplateForm } from "../../src/contracts/api/template-form.ts";
import { terraformMissing } from "../support/terraform.ts";
import { WholeServer } from "../support/whole-server.ts";

let server: WholeServer;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  server = new WholeServer({ PREWARM_PROVISIONER_DRIVERS: "process,terraform" });
  await server.start();
});
afterEach(() => server?.close());

const main = `
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
locals {
  zones = { eu = ["eu-1", "eu-2"], us = ["us-1"] }
}
data "coder_parameter" "region" {
  name    = "region"
  default = "eu"
  mutable = true
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
  name    = "zone"
  default = local.zones[data.coder_parameter.region.value][0]
  mutable = true
  dynamic "option" {
    for_each = local.zones[data.coder_parameter.region.value]
    content {
      name  = option.value
      value = option.value
    }
  }
}
data "coder_parameter" "visa" {
  count   = data.coder_parameter.region.value == "us" ? 1 : 0
  name    = "visa"
  default = "B1"
}
data "coder_workspace_preset" "west" {
  name       = "West"
  parameters = { region = "us", zone = "us-1" }
}
resource "terraform_data" "place" {
  input = "\${data.coder_parameter.zone.value} \${one(data.coder_parameter.visa[*].value) != null ? one(data.coder_parameter.visa[*].value) : "free"}"
}
`;

async function form(...values: readonly string[]): Promise<TemplateForm> {
  const flags = values.flatMap((value) => ["--parameter", value]);
  const { output } = await server.run(["templates", "parameters", "places", "--json", ...flags]);
  return JSON.parse(output) as TemplateForm; // as the route answers it
}
const parametersOf = async (name: string): Promise<unknown> =>
  (JSON.parse(await server.must(`show ${name} --json`)) as { readonly parameters: unknown }).parameters;

test("is drawn for what was chosen, and what it accepts is built, started with other values and kept", async () => {
  const pushed = await server.push("places", { "main.tf": main });
  expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });
  expect(pushed.output).toContain("its form is evaluated anew for each person and input");

  expect((await form()).values).toEqual({ region: "eu", zone: "eu-1" });
  const west = await form("region=us");
  expect(west).toMatchObject({ values: { region: "us", zone: "us-1", visa: "B1" }, problems: [] });
  expect((await form("region=us", "zone=eu-2")).problems).toMatchObject([{ parameter: "zone", kind: "invalid" }]);

  const refused = await server.run("create odd --template places --parameter region=us --parameter zone=eu-2");
  expect(refused.exitCode).not.toBe(0);
  expect(refused.output).toContain('is not one of the options "us-1"');
  await server.must("create far --template places --preset West --parameter visa=O1");
  expect(await parametersOf("far")).toEqual({ region: "us", zone: "us-1", visa: "O1" });
  await server.must("create near --template places --parameter zone=eu-2");
  expect(await parametersOf("near")).toEqual({ region: "eu", zone: "eu-2" });

  await server.must("stop near");
  const other = await server.run("start near --parameter region=us");
  expect(other.exitCode).not.toBe(0);
  expect(other.output).toContain("zone");
  await server.must("start near --parameter region=us --parameter zone=us-1");
  expect(await parametersOf("near")).toEqual({ region: "us", zone: "us-1", visa: "B1" });
}, 240_000);
