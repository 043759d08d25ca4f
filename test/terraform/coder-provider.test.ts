import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { claimFacts, jobFacts, prebuildFacts } from "../support/coder-facts.ts";
import { coderRequired, CoderTerraform, type PlannedResource } from "../support/coder-terraform.ts";
import { terraformMissing } from "../support/terraform.ts";

let terraform: CoderTerraform;
beforeEach((context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  terraform = new CoderTerraform();
});
afterEach(async () => terraform?.remove());

const actions = (changes: readonly PlannedResource[] = []) =>
  Object.fromEntries(changes.map(({ address, change }) => [address, change.actions.join("+")]));

/** As a template for containers has it: the owner flows into the agent, token and script into what runs. */
const template = `${coderRequired}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}

resource "coder_agent" "main" {
  os           = "linux"
  arch         = data.coder_provisioner.me.arch
  prewarm_name = "main"
  env = {
    GIT_AUTHOR_NAME  = coalesce(data.coder_workspace_owner.me.full_name, data.coder_workspace_owner.me.name)
    GIT_AUTHOR_EMAIL = data.coder_workspace_owner.me.email
  }
  metadata {
    key      = "cpu"
    script   = "coder stat cpu"
    interval = 10
  }
  display_apps {
    vscode = false
  }
}

resource "coder_agent" "gpu" {
  os             = "linux"
  arch           = "arm64"
  prewarm_name   = "gpu"
  startup_script = "echo \${data.coder_workspace_owner.me.name}"
}

resource "coder_app" "editor" {
  agent_id = coder_agent.main.id
  slug     = "editor"
  url      = "http://localhost:13337/?folder=/home/\${data.coder_workspace_owner.me.name}"
  healthcheck {
    url       = "http://localhost:13337/healthz"
    interval  = 5
    threshold = 6
  }
}

resource "terraform_data" "container" {
  count            = data.coder_workspace.me.start_count
  triggers_replace = [coder_agent.main.token, coder_agent.main.init_script, coder_agent.gpu.token]
}

resource "coder_metadata" "container" {
  count       = data.coder_workspace.me.start_count
  resource_id = terraform_data.container[0].id
  daily_cost  = 3
  item {
    key   = "owner"
    value = data.coder_workspace_owner.me.name
  }
}
`;

const tokens = { agentTokens: { main: "token-of-main", gpu: "token-of-gpu" } };

async function built(): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  terraform.write("main.tf", template);
  await terraform.job(prebuildFacts(tokens));
  await terraform.must("init", "-no-color");
  await terraform.plan();
  await terraform.apply();
  return terraform.values();
}

describe("a template with two agents", () => {
  test("initializes, validates, plans and applies without a plugin being installed", async () => {
    terraform.write("main.tf", template);
    await terraform.job(prebuildFacts(tokens));
    expect(await terraform.must("init", "-no-color")).not.toContain("Installing");
    expect(JSON.parse(await terraform.must("validate", "-json"))).toMatchObject({ valid: true, diagnostics: [] });
    const { resource_changes: changes } = await terraform.plan();
    const main = changes?.find(({ address }) => address === "coder_agent.main")?.change;
    expect(main?.after).toMatchObject({
      token: "token-of-main",
      init_script: "#!/bin/sh\necho https://prewarm.example.com/bin/amd64 token\n",
    });
    expect(main?.after_unknown).toMatchObject({ id: true });
    await terraform.apply();
    expect(await terraform.values()).toMatchObject({
      "coder_agent.main": {
        token: "token-of-main",
        connection_timeout: 120,
        display_apps: [{ vscode: false, ssh_helper: true }],
      },
      "coder_agent.gpu": { token: "token-of-gpu", startup_script: "echo prebuilds" },
      "coder_metadata.container[0]": { daily_cost: 3, item: [{ key: "owner", value: "prebuilds", is_null: false }] },
    });
  });

  test("is claimed without replacing anything: both agents change in place and keep ids, tokens and scripts", async () => {
    const before = await built();
    await terraform.job(claimFacts());
    const { resource_changes: changes } = await terraform.plan("-refresh=false");
    expect(actions(changes)).toEqual({
      "coder_agent.gpu": "update",
      "coder_agent.main": "update",
      "coder_app.editor": "update",
      "coder_metadata.container[0]": "update",
      "terraform_data.container[0]": "no-op",
    });
    expect(changes?.filter(({ change }) => Object.keys(change.after_unknown).includes("token"))).toEqual([]);
    await terraform.apply();
    const after = await terraform.values();
    for (const address of ["coder_agent.main", "coder_agent.gpu"]) {
      for (const kept of ["id", "token", "init_script"]) expect(after[address]?.[kept]).toBe(before[address]?.[kept]);
    }
    expect(after["coder_agent.main"]).toMatchObject({ env: { GIT_AUTHOR_NAME: "Ada Lovelace" } });
    expect(after["terraform_data.container[0]"]?.["id"]).toBe(before["terraform_data.container[0]"]?.["id"]);
  });

  test("plans nothing in the build after the claim, with a refresh", async () => {
    await built();
    await terraform.job(claimFacts());
    await terraform.plan();
    await terraform.apply();
    await terraform.job(jobFacts({ agentTokens: {} }));
    const { resource_changes: changes } = await terraform.plan();
    expect(new Set(Object.values(actions(changes)))).toEqual(new Set(["no-op"]));
  });

  test("stops with its agents in the state, starts with new tokens in place, and goes", async () => {
    const before = await built();
    await terraform.job(jobFacts({ transition: "stop", agentTokens: {} }));
    expect(actions((await terraform.plan()).resource_changes)).toMatchObject({
      "coder_agent.gpu": "update",
      "terraform_data.container[0]": "delete",
    });
    await terraform.apply();
    await terraform.job(jobFacts({ agentTokens: { main: "token-2" } }));
    await terraform.plan();
    await terraform.apply();
    const after = await terraform.values();
    expect(after["coder_agent.main"]).toMatchObject({ token: "token-2", id: before["coder_agent.main"]?.["id"] });
    expect(after["coder_agent.gpu"]).toMatchObject({ token: "token-of-gpu" });
    await terraform.job(jobFacts({ transition: "destroy", agentTokens: {} }));
    await terraform.must("destroy", "-auto-approve", "-no-color");
    expect(await terraform.values()).toEqual({});
  });

  test("makes an agent anew whose architecture changes, and what belongs to it", async () => {
    await built();
    await terraform.job(jobFacts({ agentTokens: {}, host: { os: "linux", arch: "arm64" } }));
    expect(actions((await terraform.plan()).resource_changes)).toMatchObject({
      "coder_agent.main": "delete+create",
      "coder_app.editor": "delete+create",
      "coder_agent.gpu": "update",
      "terraform_data.container[0]": "delete+create",
    });
    await terraform.apply();
    expect((await terraform.values())["coder_agent.main"]?.["token"]).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("what the provider refuses", () => {
  test("is told by validate with file, line and the words of the rule", async () => {
    terraform.write(
      "main.tf",
      `${coderRequired}resource "coder_agent" "main" {\n  os = "plan9"\n  arch = "amd64"\n}\n` +
        `resource "coder_app" "a" {\n  agent_id = "a"\n  slug = "No Slug"\n}\n`,
    );
    await terraform.job(jobFacts());
    await terraform.must("init", "-no-color");
    const { out } = await terraform.run("validate", "-json");
    const told: { readonly range: { readonly start: { readonly line: number } } }[] = JSON.parse(out).diagnostics;
    expect(told.toSorted((one, other) => one.range.start.line - other.range.start.line)).toMatchObject([
      { severity: "error", detail: expect.stringContaining("linux, darwin, windows"), range: { start: { line: 10 } } },
      { severity: "error", detail: expect.stringContaining("lower-case"), range: { start: { line: 15 } } },
    ]);
  });
});

describe("jobs at once", () => {
  test("each have a socket and facts of their own", async () => {
    const other = new CoderTerraform();
    try {
      const both = [
        { each: terraform, facts: jobFacts({ owner: { username: "ada" } }) },
        { each: other, facts: jobFacts({ owner: { username: "bob" }, agentTokens: { main: "token-of-bob" } }) },
      ];
      await Promise.all(
        both.map(async ({ each, facts }) => {
          each.write("main.tf", template);
          await each.job(facts);
          await each.must("init", "-no-color");
          await each.plan();
          await each.apply();
        }),
      );
      const [ada, bob] = await Promise.all(both.map(({ each }) => each.values()));
      expect(ada).toMatchObject({
        "coder_agent.main": { token: "token-of-main" },
        "coder_agent.gpu": { startup_script: "echo ada" },
      });
      expect(bob).toMatchObject({
        "coder_agent.main": { token: "token-of-bob" },
        "coder_agent.gpu": { startup_script: "echo bob" },
      });
    } finally {
      await other.remove();
    }
  });

  test("outlive a Terraform that is killed: the provider goes on answering, and closes within a second", async () => {
    const socket = () => JSON.parse(terraform.reattach)["coder/coder"].Addr.String as string;
    terraform.write(
      "main.tf",
      `${template}resource "terraform_data" "slow" {\n  provisioner "local-exec" {\n    command = "touch begun; while [ ! -e end ]; do sleep 0.1; done"\n  }\n}\n`,
    );
    await terraform.job(prebuildFacts(tokens));
    await terraform.must("init", "-no-color");
    const { process: applying, end } = terraform.start(["apply", "-auto-approve", "-no-color"]);
    await expect.poll(() => existsSync(path.join(terraform.folder, "begun")), { timeout: 30_000 }).toBe(true);
    applying.kill("SIGKILL");
    expect((await end).code).not.toBe(0);
    // What it had started goes on by itself until it is told.
    terraform.write("end", "");
    expect(JSON.parse(await terraform.must("validate", "-json"))).toMatchObject({ valid: true });
    const at = socket();
    const begun = performance.now();
    await terraform.close();
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(existsSync(at)).toBe(false);
  });
});

describe("a state that the real provider wrote", () => {
  test("is gone on with: nothing is replaced, ids and tokens stay", async () => {
    await built();
    const state = JSON.parse(await terraform.must("state", "pull"));
    state.serial += 1;
    for (const resource of state.resources.filter(({ type }: { readonly type: string }) => type === "coder_agent")) {
      for (const { attributes } of resource.instances) {
        delete attributes.prewarm_name;
        delete attributes.api_key_scope;
        Object.assign(attributes, { login_before_ready: true, startup_script_timeout: 300, resources_monitoring: [] });
      }
    }
    terraform.write("theirs.tfstate", JSON.stringify(state));
    await terraform.must("state", "push", "theirs.tfstate");
    await terraform.job(claimFacts());
    expect(actions((await terraform.plan()).resource_changes)).toMatchObject({
      "coder_agent.main": "update",
      "coder_app.editor": "update",
      "terraform_data.container[0]": "no-op",
    });
    await terraform.apply();
    expect((await terraform.values())["coder_agent.main"]).toMatchObject({
      token: "token-of-main",
      prewarm_name: "main",
      api_key_scope: "all",
    });
  });
});

describe("parameters and presets", () => {
  const asked = `${coderRequired}
data "coder_workspace" "me" {}
data "coder_parameter" "size" {
  name    = "Machine size"
  type    = "number"
  default = "2"
  mutable = true
  validation {
    min   = 1
    max   = 8
    error = "{value} is not from {min} to {max}"
  }
}
data "coder_parameter" "zone" {
  count   = data.coder_parameter.size.value > 4 ? 1 : 0
  name    = "zone"
  default = "eu"
  option {
    name  = "Europe"
    value = "eu"
  }
  option {
    name  = "America"
    value = "us"
  }
}
data "coder_workspace_preset" "large" {
  name       = "GoLand: Large"
  parameters = { (data.coder_parameter.size.name) = "8" }
  prebuilds {
    instances = 3
    expiration_policy {
      ttl = 86400
    }
    scheduling {
      timezone = "UTC"
      schedule {
        cron      = "* 8-18 * * 1-5"
        instances = 5
      }
    }
  }
}
resource "terraform_data" "size" {
  input = data.coder_parameter.size.value
}
`;

  const dataOf = (plan: { readonly prior_state?: unknown }) => {
    const { values } = plan.prior_state as {
      readonly values: {
        readonly root_module: { readonly resources: readonly { readonly address: string; readonly values: object }[] };
      };
    };
    return Object.fromEntries(values.root_module.resources.map(({ address, values: each }) => [address, each]));
  };

  test("are known in the plan, with what the build gives, and what depends on it", async () => {
    terraform.write("main.tf", asked);
    await terraform.job(jobFacts({ parameters: { "Machine size": "8", zone: "us" } }));
    await terraform.must("init", "-no-color");
    expect(dataOf(await terraform.plan("-refresh=false"))).toMatchObject({
      "data.coder_parameter.size": {
        value: "8",
        optional: true,
        form_type: "input",
        validation: [{ min: 1, max: 8, min_disabled: false, max_disabled: false }],
      },
      "data.coder_parameter.zone[0]": { value: "us", form_type: "radio" },
      "data.coder_workspace_preset.large": {
        id: "GoLand: Large",
        parameters: { "Machine size": "8" },
        prebuilds: [
          {
            instances: 3,
            expiration_policy: [{ ttl: 86_400 }],
            scheduling: [{ timezone: "UTC", schedule: [{ cron: "* 8-18 * * 1-5", instances: 5 }] }],
          },
        ],
      },
    });
  });

  test("are refused in the template's own words, at the block that asks", async () => {
    terraform.write("main.tf", asked);
    await terraform.job(jobFacts({ parameters: { "Machine size": "9" } }));
    await terraform.must("init", "-no-color");
    const { code, err } = await terraform.run("plan", "-no-color", "-input=false");
    expect(code).not.toBe(0);
    expect(err).toContain("9 is not from 1 to 8");
    expect(err).toContain("on main.tf line 11");
  });
});

describe("an agent", () => {
  test("that was to prove itself by its cloud has its token in its script", async () => {
    terraform.write(
      "main.tf",
      `${coderRequired}resource "coder_agent" "main" {\n  os = "linux"\n  arch = "amd64"\n  auth = "aws-instance-identity"\n}\n` +
        `resource "coder_agent_instance" "main" {\n  agent_id = coder_agent.main.id\n  instance_id = "i-1"\n}\n`,
    );
    await terraform.job(jobFacts({ agentTokens: {} }));
    await terraform.must("init", "-no-color");
    const { resource_changes: changes } = await terraform.plan();
    expect(changes?.find(({ address }) => address === "coder_agent.main")?.change.after_unknown).toMatchObject({
      token: true,
      init_script: true,
    });
    await terraform.apply();
    const { token, init_script: script } = (await terraform.values())["coder_agent.main"] ?? {};
    expect(script).toBe(
      `#!/bin/sh\nexport CODER_AGENT_TOKEN="${String(token)}"\necho https://prewarm.example.com/bin/amd64 aws-instance-identity\n`,
    );
  });

  test("is named by an override file, which a module's agents have too", async () => {
    terraform.write(
      "main.tf",
      `${coderRequired}module "inner" {\n  source = "./inner"\n}\noutput "token" {\n  value = nonsensitive(module.inner.token)\n}\n`,
    );
    terraform.write(
      "inner/main.tf",
      `${coderRequired}resource "coder_agent" "deep" {\n  os = "linux"\n  arch = "amd64"\n}\noutput "token" {\n  value = coder_agent.deep.token\n}\n`,
    );
    const named = { resource: { coder_agent: { deep: { prewarm_name: "deep" } } } };
    terraform.write("inner/prewarm_override.tf.json", JSON.stringify(named));
    await terraform.job(jobFacts({ agentTokens: { deep: "token-of-deep" } }));
    await terraform.must("init", "-no-color");
    await terraform.plan();
    await terraform.apply();
    expect(JSON.parse(await terraform.must("output", "-json", "token"))).toBe("token-of-deep");
  });
});
