import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BuildContext } from "../../src/provisioner/driver.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { marking, TerraformBench, terraformMissing } from "../support/terraform.ts";

let bench: TerraformBench;
let driver: TerraformDriver;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  driver = await bench.open();
});
afterEach(() => bench?.remove());

const given = (variables: Readonly<Record<string, string>>, carriedVariables: readonly string[] = []) => ({
  variables,
  carriedVariables,
});

/** Says it as it is, so that a test sees whether it was hidden. */
const saying = (what: string): string => `
resource "terraform_data" "saying" {
  input = ${what}
  provisioner "local-exec" {
    command = "echo \\"said: $SAID\\""
    environment = { SAID = ${what} }
  }
}
`;

describe("variables that were given at a push", () => {
  test("whose value is missing are refused by name, with the flag, the file and the line", async () => {
    bench.write("main.tf", `\nvariable "namespace" {\n  type = string\n}\n${saying("var.namespace")}`);
    await expect(driver.parse(bench.build())).rejects.toMatchObject({
      code: "invalid_template",
      message: 'The variable "namespace" (main.tf, line 2) has no default, and the push gave no value for it.',
      next: expect.stringContaining("--variable namespace="),
      problems: [{ file: "main.tf", line: 2 }],
    });
  });

  test("that the template does not declare are refused, with those that it does", async () => {
    bench.write("main.tf", `variable "namespace" { default = "x" }\n${saying("var.namespace")}`);
    await expect(driver.parse({ ...bench.build(), ...given({ namespcae: "dev" }) })).rejects.toMatchObject({
      code: "invalid_template",
      message: 'The template declares no variable "namespcae". It declares: namespace.',
    });
  });

  test("are let go where they only come from the version before, and the log says so once", async () => {
    bench.write("main.tf", `variable "namespace" {}\n${saying("var.namespace")}`);
    const report = await driver.parse({ ...bench.build(), ...given({ namespace: "dev", gone: "x" }, ["gone"]) });
    expect(report).toMatchObject({ usedVariables: ["namespace"] });
    const told = bench.lines.filter(({ line }) => line.includes("not declared any more"));
    expect(told.map(({ line }) => line)).toEqual([
      "variables of the version before that are not declared any more: gone",
    ]);
  });

  test("are handed over by their types, win over terraform.tfvars, and leave what is not given to it", async () => {
    bench.write("terraform.tfvars", 'region = "of-tfvars"\nnamespace = "of-tfvars"\n');
    const variables =
      'variable "region" {}\nvariable "namespace" { type = string }\nvariable "zones" { type = list(string) }\nvariable "size" { type = number }\n';
    const text = 'join("/", concat([var.region, var.namespace, tostring(var.size + 1)], var.zones))';
    bench.write("main.tf", `${variables}output "all" {\n  value = ${text}\n}\n${marking("home", bench)}`);
    const values = given({ namespace: "dev", zones: '["a","b"]', size: "2" });
    const { versionState } = (await driver.parse({ ...bench.build(), ...values })) ?? {};
    const report = await driver.apply({ ...bench.build(), ...values, versionState });
    const output = report?.resources?.find(({ name }) => name === "all");
    expect(output?.attributes).toEqual({ value: "of-tfvars/dev/3/a/b" });
  });

  test("do not show in logs, resources and failures, however they come out", async () => {
    const secret = "hush-hush-value";
    bench.write("main.tf", `variable "token" {}\nvariable "key" { sensitive = true }\n${saying("var.token")}`);
    const values = given({ token: secret, key: "other-secret" });
    const { versionState } = (await driver.parse({ ...bench.build(), ...values })) ?? {};
    const report = await driver.apply({ ...bench.build(), ...values, versionState });
    expect(JSON.stringify(versionState)).not.toContain(secret);
    expect(JSON.stringify(report)).not.toContain(secret);
    expect(bench.lines.map(({ line }) => line).join("\n")).toMatch(/said: \(sensitive/);
    expect(JSON.stringify(bench.lines)).not.toContain(secret);

    const failing = `resource "terraform_data" "x" {\n  lifecycle {\n    precondition {\n      condition = var.token == ""\n      error_message = "not \${var.token}"\n    }\n  }\n}\n`;
    bench.write("main.tf", `variable "token" {}\n${failing}`);
    const error: unknown = await driver
      .parse({ ...bench.build(), ...given({ token: secret }) })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "invalid_template" });
    const { message, problems } = error as { readonly message: string; readonly problems: unknown };
    expect(message + JSON.stringify(problems)).not.toContain(secret);
  });

  test("are there at a destroy, also at one of what an attempt has left over", async () => {
    const leaving = `resource "terraform_data" "x" {\n  input = var.namespace\n}\n`;
    bench.write("main.tf", `variable "namespace" {}\n${leaving}${marking("home", bench)}`);
    const values = given({ namespace: "dev" });
    const { versionState } = (await driver.parse({ ...bench.build(), ...values })) ?? {};
    const of = (context: BuildContext): BuildContext => ({ ...context, ...values, versionState });
    await driver.apply(of(bench.build()));
    expect(bench.marksLeft()).not.toEqual([]);
    await driver.destroy(of(bench.destroy()));
    expect(bench.marksLeft()).toEqual([]);

    let isLost = false;
    const lost = of(bench.build());
    const saveState = async (state: unknown): Promise<void> => {
      if (isLost) throw new Error("the server is away");
      isLost = true;
      await lost.saveState(state);
    };
    await expect(driver.apply({ ...lost, saveState })).rejects.toThrow();
    expect(bench.marksLeft()).not.toEqual([]);
    await driver.remove("workspace-1", new AbortController().signal);
    expect(bench.marksLeft()).toEqual([]);
  });
});
