// Templates in the shapes of those that people write for Coder, each in its folder below shapes/, with real Terraform.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BuildContext } from "../../src/provisioner/driver.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { TerraformBench, terraformMissing } from "../support/terraform.ts";

let bench: TerraformBench;
let driver: TerraformDriver;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  driver = await bench.open();
});
afterEach(() => bench?.remove());

function take(shape: string): void {
  bench.write("main.tf", readFileSync(path.join(import.meta.dirname, "shapes", shape, "main.tf"), "utf8"));
  bench.manifest = { driver: "terraform" };
}

const agents = (token: string | null): BuildContext["work"]["agents"] => [{ id: "id-of-main", name: "main", token }];

describe("a template in the shape of", () => {
  test("scratch is imported, prebuilt, claimed without a replacement, stopped, started and deleted", async () => {
    take("01-scratch");
    const report = (await driver.parse(bench.build())) ?? {};
    expect(report.manifestParts).toMatchObject({ agents: [{ name: "main" }] });
    bench.manifest = { driver: "terraform", agents: [{ name: "main" }] };
    const of = (context: BuildContext): BuildContext => ({ ...context, versionState: report.versionState });
    await driver.apply(of(bench.build({ agents: agents("first-token") })));
    const claimed = await driver.apply(of(bench.claim({ agents: agents(null) })));
    expect(claimed?.plan).toMatchObject({ replacements: [] });
    expect(JSON.stringify(bench.tfstate())).toContain("first-token");
    await driver.apply(of(bench.build({ stage: "ordinary", transition: "stop", agents: [] })));
    await driver.apply(of(bench.build({ stage: "ordinary", agents: agents("second-token") })));
    expect(JSON.stringify(bench.tfstate())).toContain("second-token");
    await driver.destroy(of(bench.destroy()));
    expect(bench.tfstate()?.resources ?? []).toEqual([]);
  });

  test("azure-windows, aws-windows and gcp-windows is refused with the place of its agent", async () => {
    take("22-windows");
    await expect(driver.parse(bench.build())).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringMatching(/coder_agent\.main \(main\.tf:\d+\): there is no agent for windows/),
    });
  });
});
