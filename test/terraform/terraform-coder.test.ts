import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BuildContext } from "../../src/provisioner/driver.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { readTerraformState } from "../../src/provisioner/drivers/terraform/terraform-state.ts";
import { marking, TerraformBench, terraformMissing, variable } from "../support/terraform.ts";

let bench: TerraformBench;
let driver: TerraformDriver;
/** What the driver has answered at the import of the version that is in the bench. */
let versionState: unknown;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  driver = await bench.open();
});
afterEach(() => bench?.remove());

const head = `
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_provisioner" "me" {}
`;

const agent = (name: string, more = ""): string => `
resource "coder_agent" "${name}" {
  os   = "linux"
  arch = data.coder_provisioner.me.arch
  env  = { GIT_AUTHOR_NAME = data.coder_workspace_owner.me.name }
  ${more}
}
`;

/** Something that is replaced when what it is made of changes, as nearly every container is. */
const container = (name: string, of: string, more = ""): string =>
  marking(name, bench, { more: `triggers_replace = ${of}\n${more}` });

async function push(main: string, agents: readonly string[] = ["main"]): Promise<void> {
  bench.write("main.tf", head + main);
  bench.manifest = { driver: "terraform", agents: agents.map((name) => ({ name })) };
  const report = await driver.parse(bench.build());
  versionState = (report ?? {}).versionState;
}

const of = (context: BuildContext): BuildContext => ({ ...context, versionState });
const agentsOf = (names: readonly string[], token: (name: string) => string | null): BuildContext["work"]["agents"] =>
  names.map((name) => ({ id: `id-of-${name}`, name, token: token(name) }));

async function prebuilt(names: readonly string[] = ["main"]): Promise<void> {
  await driver.apply(of(bench.build({ agents: agentsOf(names, (name) => `token-of-${name}`) })));
}

const person = { id: "user-7", username: "ada", name: "Ada", email: "ada@example.com", groups: ["staff"] };
const ordinary = { stage: "ordinary", workspaceName: "dev", owner: person } as const;

interface Instance {
  readonly index_key?: string | number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

function attributesOf(type: string, name: string): Readonly<Record<string, unknown>> {
  const found = (bench.tfstate()?.resources ?? []).find(
    (resource) => "type" in resource && resource.type === type && resource.name === name,
  );
  // As Terraform writes its state.
  return (found as { readonly instances?: readonly Instance[] } | undefined)?.instances?.[0]?.attributes ?? {};
}

describe("a template that is written for Coder", () => {
  test("is imported with its provider served by Prewarm, and the log says so", async () => {
    await push(agent("main"));
    expect(bench.logged("plan").join("\n")).toContain("coder/coder is served by Prewarm");
    expect(versionState).toMatchObject({
      outline: {
        isForCoder: true,
        declaresPrewarm: false,
        blocks: [{ module: "", type: "coder_agent", name: "main" }],
      },
    });
    expect(bench.lines.filter(({ level }) => level === "warn").map(({ line }) => line)).toEqual([]);
  });

  test("tells its parameters, presets, tags and agents, and what of it has no effect yet with file and line", async () => {
    bench.write(
      "main.tf",
      `${head}${agent("dev_box", "display_apps { vscode = true }")}
data "coder_parameter" "image" {
  name    = "Machine Image"
  order   = 2
  mutable = true
  option {
    name  = "Ubuntu"
    value = "ubuntu"
    icon  = "/icon/ubuntu.svg"
  }
  option {
    name  = "Debian"
    value = "debian"
  }
}
data "coder_parameter" "cpu" {
  name = "cpu"
  type = "number"
  validation {
    min       = 2
    max       = 8
    monotonic = "increasing"
  }
}
data "coder_workspace_preset" "large" {
  name       = "GoLand: Large"
  parameters = { "Machine Image" = "debian", cpu = "8", unknown = "x" }
  prebuilds {
    instances = 2
    expiration_policy { ttl = 86400 }
  }
}
data "coder_workspace_tags" "where" { tags = { zone = "eu" } }
resource "coder_app" "ide" {
  agent_id = coder_agent.dev_box.id
  slug     = "ide"
  url      = "http://localhost:8080"
}
`,
    );
    bench.manifest = { driver: "terraform" };
    const report = (await driver.parse(bench.build())) ?? {};
    expect(report.manifestParts).toEqual({
      parameters: [
        {
          name: "cpu",
          type: "number",
          form_type: "input",
          mutable: false,
          validation: { min: 2, max: 8, monotonic: "increasing" },
        },
        {
          name: "Machine Image",
          type: "string",
          form_type: "radio",
          mutable: true,
          order: 2,
          options: [
            { name: "Ubuntu", value: "ubuntu", icon: "/icon/ubuntu.svg" },
            { name: "Debian", value: "debian" },
          ],
        },
      ],
      presets: [
        {
          name: "GoLand: Large",
          parameters: { "Machine Image": "debian", cpu: "8" },
          prebuilds: { instances: 2, expiration_policy: { ttl: 86_400 } },
        },
      ],
      agents: [{ name: "dev-box", apps: [{ name: "ide", url: "http://localhost:8080", open_in: "window" }] }],
      tags: { zone: "eu" },
    });
    const warned = bench.logged("plan", "warn");
    expect(warned).toContainEqual(
      expect.stringMatching(/^main\.tf:\d+: coder_agent\.dev_box: display_apps has no effect yet$/),
    );
    expect(warned).toContainEqual(expect.stringMatching(/coder_workspace_preset\.large: it names "unknown"/));
  });

  test.each<[string, string, RegExp]>([
    [
      "an agent for another system",
      'resource "coder_agent" "win" {\n  os = "windows"\n  arch = "amd64"\n}',
      /^coder_agent\.win \(main\.tf:\d+\): there is no agent for windows/,
    ],
    [
      "a parameter that depends on what is made later",
      'resource "terraform_data" "x" {}\ndata "coder_parameter" "late" {\n  name = "late"\n  default = terraform_data.x.id\n}',
      /^data\.coder_parameter\.late \(main\.tf:\d+\): its values are known only after/,
    ],
    [
      "two parameters of one name",
      ["a", "b"].map((name) => `data "coder_parameter" "${name}" {\n  name = "cpu"\n  default = "1"\n}`).join("\n"),
      /another parameter has the name "cpu"/,
    ],
    [
      "two default presets",
      ["a", "b"]
        .map((name) => `data "coder_workspace_preset" "${name}" {\n  name = "${name}"\n  default = true\n}`)
        .join("\n"),
      /another preset is the default already/,
    ],
    ["two agents of one name", `${agent("a_b")}${agent("a__b")}`, /another agent has the name "a-b"/],
  ])("is refused with its place for %s", async (_what, text, message) => {
    bench.manifest = { driver: "terraform" };
    bench.write("main.tf", `${head}${text}\n`);
    await expect(driver.parse(bench.build())).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringMatching(message),
    });
  });

  test("whose template.yaml names an agent that nothing makes is refused", async () => {
    await expect(push(agent("dev"))).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringContaining('no coder_agent makes the agent "main"; the template has dev'),
    });
  });

  test("keeps tokens, scripts and everything made of owner, name, token and script over a claim", async () => {
    await push(
      agent("main") +
        agent("side") +
        container("of_owner", "[data.coder_workspace_owner.me.name, data.coder_workspace.me.name]") +
        container("of_agents", "[coder_agent.main.token, coder_agent.side.token, coder_agent.main.init_script]"),
      ["main", "side"],
    );
    await prebuilt(["main", "side"]);
    const before = ["of_owner", "of_agents"].map((name) => attributesOf("terraform_data", name)["id"]);
    const report = await driver.apply(of(bench.claim({ agents: agentsOf(["main", "side"], () => null) })));
    expect(report?.plan).toEqual({ effect: "nothing", changes: 0, replacements: [] });
    expect(["of_owner", "of_agents"].map((name) => attributesOf("terraform_data", name)["id"])).toEqual(before);
    expect(attributesOf("coder_agent", "main")).toMatchObject({
      token: "token-of-main",
      env: { GIT_AUTHOR_NAME: "ada" },
    });
    expect(attributesOf("coder_agent", "side")).toMatchObject({ token: "token-of-side" });
    expect(bench.logged("replacement")).toEqual([]);
  });

  test("has what a claim left as it was replaced by no later build of the same version and parameters", async () => {
    await push(agent("main") + container("home", "[data.coder_workspace_owner.me.name]"));
    await prebuilt();
    await driver.apply(of(bench.claim({ agents: agentsOf(["main"], () => null) })));
    const { id } = attributesOf("terraform_data", "home");
    await driver.apply(of(bench.build({ ...ordinary, transition: "stop", agents: [] })));
    await driver.apply(of(bench.build({ ...ordinary, agents: agentsOf(["main"], () => "second-token") })));
    expect(attributesOf("terraform_data", "home")["id"]).toBe(id);
    expect(attributesOf("coder_agent", "main")["token"]).toBe("second-token");
    await driver.apply(
      of(bench.build({ ...ordinary, parameters: { size: "2" }, agents: agentsOf(["main"], () => "third-token") })),
    );
    expect(attributesOf("terraform_data", "home")["id"]).not.toBe(id);
    expect(readTerraformState(bench.states.at(-1))?.kept).toBeNull();
  });

  test("has nothing replaced after a claim that failed half way, either", async () => {
    await push(
      agent("main") +
        container("home", "[data.coder_workspace_owner.me.name]") +
        marking("late", bench, {
          create: "test -e $(dirname ${self.input})/allowed",
          more: "count = 1 - data.coder_workspace.me.prebuild_count",
        }),
    );
    await prebuilt();
    const { id } = attributesOf("terraform_data", "home");
    const claim = of(bench.claim({ agents: agentsOf(["main"], () => null) }));
    await expect(driver.apply(claim)).rejects.toMatchObject({ code: "build_failed" });
    writeFileSync(path.join(bench.marks, "allowed"), "");
    await driver.apply(of(bench.build({ ...ordinary, agents: agentsOf(["main"], () => "second-token") })));
    expect(attributesOf("terraform_data", "home")["id"]).toBe(id);
    expect(bench.marksLeft()).toContain("late");
  });

  test("still has updated in place, after its claim, what a stop changes of a thing that was kept", async () => {
    await push(
      agent("main") +
        `resource "terraform_data" "machine" {
           input            = data.coder_workspace.me.transition
           triggers_replace = [data.coder_workspace_owner.me.name]
         }\n`,
    );
    await prebuilt();
    await driver.apply(of(bench.claim({ agents: agentsOf(["main"], () => null) })));
    const { id } = attributesOf("terraform_data", "machine");
    await driver.apply(of(bench.build({ ...ordinary, transition: "stop", agents: [] })));
    expect(attributesOf("terraform_data", "machine")).toMatchObject({ id, input: { value: "stop" } });
  });

  test("has created at the claim what is to appear then", async () => {
    await push(agent("main") + marking("late", bench, { more: "count = 1 - data.coder_workspace.me.prebuild_count" }));
    await prebuilt();
    expect(bench.marksLeft()).toEqual([]);
    const report = await driver.apply(of(bench.claim({ agents: agentsOf(["main"], () => null) })));
    expect(report?.plan).toMatchObject({ effect: "in_place", changes: 1, replacements: [] });
    expect(bench.marksLeft()).toEqual(["late"]);
  });

  test("whose modules make things keeps those too", async () => {
    const module = path.join(bench.folder, "template", "parts");
    mkdirSync(module);
    writeFileSync(
      path.join(module, "main.tf"),
      `variable "owner" {}
       terraform { required_providers { coder = { source = "coder/coder" } } }
       resource "terraform_data" "part" { triggers_replace = [var.owner] }\n`.replace(
        /terraform \{.*\}\n/,
        'terraform {\n  required_providers {\n    coder = { source = "coder/coder" }\n  }\n}\n',
      ),
    );
    await push(
      `${agent("main")}
module "parts" {
  for_each = toset(["a.b", "c"])
  source   = "./parts"
  owner    = data.coder_workspace_owner.me.name
}\n`,
    );
    await prebuilt();
    const { id } = attributesOf("terraform_data", "part");
    const report = await driver.apply(of(bench.claim({ agents: agentsOf(["main"], () => null) })));
    expect(report?.plan?.effect).toBe("nothing");
    await driver.apply(of(bench.build({ ...ordinary, agents: agentsOf(["main"], () => "second-token") })));
    expect(attributesOf("terraform_data", "part")["id"]).toBe(id);
  });

  test("is told by its rehearsal that a claim replaces nothing, and under `apply` what it would replace", async () => {
    await push(agent("main") + container("home", "[data.coder_workspace_owner.me.name]"));
    await prebuilt();
    const rehearsal = of(bench.claim({ agents: agentsOf(["main"], () => null) }));
    expect(await driver.planClaim(rehearsal)).toEqual({ effect: "nothing", changes: 0, replacements: [] });
    const manifest = { ...bench.manifest, claim_policy: { resources: "apply" } } as const;
    const applied = await driver.planClaim({ ...rehearsal, manifest });
    expect(applied).toMatchObject({ effect: "replaces", replacements: [{ address: "terraform_data.home" }] });
  });

  test("loses its workspace whole at a delete, and leaves no socket behind", async () => {
    await push(agent("main") + marking("home", bench));
    await prebuilt();
    expect(bench.marksLeft()).toEqual(["home"]);
    await driver.destroy(of(bench.destroy()));
    expect(bench.marksLeft()).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`prewarm-provider-${process.pid}-`))).toEqual([]);
  });

  test("finds in its environment what the provider answers, and nothing of the host's", async () => {
    await push(
      agent("main") +
        marking("home", bench, { create: "env | grep ^CODER_ | sort > $self_file" }).replace(
          "$self_file",
          "${self.input}",
        ),
    );
    await prebuilt();
    const lines = readFileSync(path.join(bench.marks, "home"), "utf8");
    expect(lines).toContain("CODER_WORKSPACE_IS_PREBUILD=true");
    expect(lines).toContain("CODER_WORKSPACE_OWNER=prebuilds");
  });
});

describe("a template of Prewarm's own", () => {
  test("whose claim policy is `keep` keeps what the owner flows into", async () => {
    bench.write(
      "main.tf",
      variable + marking("home", bench, { more: "triggers_replace = [var.prewarm.owner.username]" }),
    );
    bench.manifest = { driver: "terraform", agents: [{ name: "main" }], claim_policy: { resources: "keep" } };
    versionState = ((await driver.parse(bench.build())) ?? {}).versionState;
    await driver.apply(of(bench.build()));
    const { id } = attributesOf("terraform_data", "home");
    const report = await driver.apply(of(bench.claim()));
    expect(report?.plan?.effect).toBe("nothing");
    expect(attributesOf("terraform_data", "home")["id"]).toBe(id);
  });
});
