import { describe, expect, test } from "vitest";
import { coderProviderOf, servedBy } from "../../../../src/provisioner/drivers/terraform/coder/provider-choice.ts";
import { providerEnvironment } from "../../../../src/provisioner/drivers/terraform/coder/provider-environment.ts";
import { overridesOf } from "../../../../src/provisioner/drivers/terraform/coder/override-files.ts";
import { jobFacts } from "../../../support/coder-facts.ts";

describe("the environment of the original provider", () => {
  test("has parameters by the hash of their names, files by the hex of their paths, and one token", () => {
    const facts = {
      ...jobFacts(),
      parameters: { cpu: "4", "Machine Image": "" },
      previousParameters: { cpu: "2" },
      secretFiles: { "~/my-cert.pem": "a certificate" },
    };
    const cpu = "68ab84f7c6d0f5781585eb1b5289499fb29081b918f71ebddb5f72021c9ef9c5";
    expect(providerEnvironment(facts, "a-token")).toMatchObject({
      [`CODER_PARAMETER_${cpu}`]: "4",
      [`CODER_PARAMETER_PREVIOUS_${cpu}`]: "2",
      CODER_PARAMETER_292eac5598885b7fdc1b52fe632740141949e7a6a03e64eda82008abb3f79a13: "",
      CODER_SECRET_FILE_7e2f6d792d636572742e70656d: "a certificate",
      CODER_RUNNING_WORKSPACE_AGENT_TOKEN_e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855: "a-token",
    });
  });

  test("has no variable for what is not known", () => {
    const facts = { ...jobFacts(), initScript: (os: string) => (os === "linux" ? "a script" : "") };
    const environment = providerEnvironment(facts, undefined);
    const names = Object.keys(environment);
    expect(names.filter((name) => name.startsWith("CODER_RUNNING"))).toEqual([]);
    expect(names.filter((name) => name.startsWith("CODER_AGENT_SCRIPT")).toSorted()).toEqual([
      "CODER_AGENT_SCRIPT_linux_amd64",
      "CODER_AGENT_SCRIPT_linux_arm64",
      "CODER_AGENT_SCRIPT_linux_armv7",
    ]);
  });
});

describe("the choice of the provider", () => {
  test("is Prewarm's own unless the template says otherwise", () => {
    expect(coderProviderOf({})).toBe("builtin");
    expect(coderProviderOf({ terraform: { coder_provider: "registry" } })).toBe("registry");
  });

  test("is told with the version and the host of the lock file", () => {
    const lock = 'provider "registry.opentofu.org/coder/coder" {\n  version     = "2.17.0"\n}\n';
    expect(servedBy("registry", lock)).toContain("coder/coder 2.17.0 from registry.opentofu.org");
    expect(servedBy("builtin", lock)).toContain("served by Prewarm");
  });

  test("leaves the attribute that only Prewarm's provider has out of the override file", () => {
    const agent = { module: "", type: "coder_agent", name: "main" };
    expect(overridesOf([agent], new Map(), { provider: "registry" })).toEqual([]);
    expect(overridesOf([agent], new Map())).toEqual([{ block: agent, agentName: "main" }]);
  });
});
