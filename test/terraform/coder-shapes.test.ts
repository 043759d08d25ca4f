// Templates in the shapes of those that people write for Coder, each in its folder below shapes/, with real Terraform.
// The providers beside ours are stand-ins, whose containers are processes (test/support/stand-ins).
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BuildContext, ParseReport } from "../../src/provisioner/driver.ts";
import { coderInitScript } from "../../src/provisioner/coder-provider/init-script.ts";
import type { TerraformDriver } from "../../src/provisioner/drivers/terraform/terraform-driver.ts";
import { serveStandIns, type StandIns } from "../support/stand-ins/stand-ins.ts";
import { TerraformBench, terraformMissing } from "../support/terraform.ts";

// Stays, as an agent does, and says what it was started with. It carries the address, and no single quote.
const initScript = `#!/bin/sh
echo "agent of \${ACCESS_URL} with $CODER_AGENT_TOKEN"
exec sleep 600
`;

let standIns: StandIns;
let bench: TerraformBench;
let driver: TerraformDriver;
beforeAll(async () => {
  if (terraformMissing === undefined) standIns = await serveStandIns();
});
afterAll(() => standIns?.close());
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  driver = await bench.open({ binary: standIns.binary, initScript });
});
afterEach(() => {
  standIns?.containers.endAll();
  bench?.remove();
});

interface Shape {
  readonly name: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly parameters?: readonly string[];
  readonly presets?: readonly string[];
  readonly agents?: readonly string[];
  /** How many run. */
  readonly containers?: number;
  /** The bar of the specification is that it builds: it is not stopped and started. */
  readonly isBuildAlone?: boolean;
}

type Given = Pick<BuildContext, "variables" | "versionState">;

function take({ name }: Shape): void {
  const folder = path.join(import.meta.dirname, "shapes", name);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    bench.write(path.relative(folder, file), readFileSync(file, "utf8"));
  }
  bench.manifest = { driver: "terraform" };
}

async function imported(shape: Shape): Promise<ParseReport> {
  take(shape);
  const report = (await driver.parse({ ...bench.build(), variables: shape.variables ?? {} })) ?? {};
  const { agents = [], parameters = [], presets = [] } = report.manifestParts ?? {};
  expect(agents.map(({ name }) => name)).toEqual(shape.agents ?? ["main"]);
  expect(parameters.map(({ name }) => name).toSorted()).toEqual((shape.parameters ?? []).toSorted());
  expect(presets.map(({ name }) => name)).toEqual(shape.presets ?? []);
  return report;
}

const agentsOf = (shape: Shape, token: (name: string) => string | null): BuildContext["work"]["agents"] =>
  (shape.agents ?? ["main"]).map((name) => ({ id: `id-of-${name}`, name, token: token(name) }));
const person = { id: "user-7", username: "ada", name: "Ada", email: "ada@example.com", groups: ["staff"] };
const ordinary = { stage: "ordinary", workspaceName: "dev", owner: person } as const;

async function stopAndStart(shape: Shape, of: (context: BuildContext) => BuildContext): Promise<void> {
  const { containers: world } = standIns;
  const { processIds: before, volumes } = world;
  await driver.apply(of(bench.build({ ...ordinary, transition: "stop", agents: [] })));
  expect(world.processIds).toEqual([]);
  // What persons keep outlives a stop.
  expect(world.volumes).toEqual(volumes);

  await driver.apply(of(bench.build({ ...ordinary, agents: agentsOf(shape, (name) => `second-of-${name}`) })));
  expect(world.processIds).toHaveLength(before.length);
  for (const processId of world.processIds) expect(before).not.toContain(processId);
  for (const { name } of agentsOf(shape, () => null)) {
    expect(JSON.stringify(bench.tfstate())).toContain(`second-of-${name}`);
  }
}

/** Push, pool, claim, stop, start and delete. At the claim nothing is replaced, and what runs goes on. */
async function liveThrough(shape: Shape): Promise<void> {
  const { containers = 1, isBuildAlone = false } = shape;
  const { versionState } = await imported(shape);
  bench.manifest = { driver: "terraform", agents: agentsOf(shape, () => null).map(({ name }) => ({ name })) };
  const given: Given = { variables: shape.variables ?? {}, versionState };
  const of = (context: BuildContext): BuildContext => ({ ...context, ...given });
  const { containers: world } = standIns;

  await driver.apply(of(bench.build({ agents: agentsOf(shape, (name) => `first-of-${name}`) })));
  const prebuilt = world.processIds;
  expect(prebuilt).toHaveLength(containers);

  const claimed = await driver.apply(of(bench.claim({ agents: agentsOf(shape, () => null) })));
  expect(claimed?.plan).toMatchObject({ replacements: [] });
  expect(world.processIds).toEqual(prebuilt);
  for (const { name } of agentsOf(shape, () => null)) {
    expect(JSON.stringify(bench.tfstate())).toContain(`first-of-${name}`);
  }
  if (containers > 0) {
    await expect.poll(() => world.lastOutput).toMatch(/^agent of http:\/\/127\.0\.0\.1:9\/ with first-of-/m);
  }
  // Here an integrator may look at what start scripts have written: they are run by the agent, again at the claim.

  if (!isBuildAlone) await stopAndStart(shape, of);

  await driver.destroy(of(bench.destroy()));
  expect(world.processIds).toEqual([]);
  expect(world.volumes).toEqual([]);
  expect(bench.tfstate()?.resources ?? []).toEqual([]);
}

const namespace = { namespace: "dev" };
const builder = ["repo", "builder", "fallback_image"];
const twelve = Array.from({ length: 12 }, (_, at) => `p${at}`);

describe("a template lives through prebuild, claim, stop, start and delete in the shape of", () => {
  test.for<Shape>([
    { name: "01-scratch", containers: 0 },
    { name: "02-docker", parameters: ["ide"], presets: ["Quick: one ready"] },
    { name: "03-docker-build" },
    { name: "04-docker-rstudio" },
    { name: "05-docker-devcontainer", isBuildAlone: true, parameters: [...builder, "cores"] },
    { name: "06-docker-envbuilder", isBuildAlone: true, parameters: builder },
    { name: "07-omnigent-docker", presets: ["Quick: one ready"] },
    { name: "08-docker-texlive" },
    { name: "09-docker-claude", parameters: twelve },
    {
      name: "10-kubernetes",
      variables: namespace,
      parameters: ["cpu", "memory", "home_disk_size"],
      presets: ["Quick: one ready"],
    },
    { name: "11-kubernetes-envbox", isBuildAlone: true, variables: namespace, parameters: ["home_disk_size"] },
    {
      name: "12-kubernetes-devcontainer",
      isBuildAlone: true,
      variables: namespace,
      parameters: [...builder, "cpu", "memory", "home_disk_size"],
    },
    { name: "13-k8s-username", variables: namespace, parameters: ["home_disk_size"] },
    { name: "23-two-agents", agents: ["gpu", "web"], containers: 2 },
  ])("$name", async (shape) => {
    await liveThrough(shape);
  });

  test("20-railway, whose parts are commands of Terraform's own", async () => {
    await liveThrough({ name: "20-railway", variables: { marks: bench.marks }, containers: 0 });
    expect(bench.marksLeft()).toEqual([]);
  });
});

describe("a template is imported and planned in the shape of", () => {
  test.for<Shape>([
    { name: "14-aws-linux", agents: ["dev"], parameters: ["region"] },
    { name: "15-gcp-linux", variables: { project_id: "p" }, parameters: ["zone"] },
    { name: "16-digitalocean-linux", variables: { do_token: "t" }, parameters: ["size"] },
    { name: "17-nomad-docker", parameters: ["cpu"] },
    { name: "18-incus", parameters: ["image", "cpu"] },
    { name: "19-ssh-linux", parameters: Array.from({ length: 8 }, (_, at) => `host_${at}`) },
    { name: "21-externally-managed" },
  ])("$name", async (shape) => {
    await imported(shape);
    expect(bench.logged("plan").join("\n")).toContain("coder/coder is served by Prewarm");
  });
});

describe("a template is refused, with file and line, in the shape of", () => {
  test("azure-windows, aws-windows and gcp-windows: there is no agent for its system", async () => {
    take({ name: "22-windows" });
    await expect(driver.parse(bench.build())).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringMatching(/coder_agent\.main \(main\.tf:\d+\): there is no agent for windows/),
    });
  });

  test("kubernetes, pushed without its namespace", async () => {
    take({ name: "10-kubernetes" });
    await expect(driver.parse(bench.build())).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringContaining('The variable "namespace" (main.tf, line'),
    });
  });
});

test.for([
  "02-docker",
  "10-kubernetes",
])("%s has replaced at a claim what runs, where its policy does not keep it", async (name) => {
  take({ name });
  const variables = { namespace: "dev" };
  const given = name === "10-kubernetes" ? { variables } : {};
  const { versionState } = (await driver.parse({ ...bench.build(), ...given })) ?? {};
  bench.manifest = { driver: "terraform", agents: [{ name: "main" }], claim_policy: { resources: "apply" } };
  await driver.apply({ ...bench.build({ agents: agentsOf({ name }, () => "first") }), ...given, versionState });
  const planned = await driver.planClaim({
    ...bench.claim({ agents: agentsOf({ name }, () => null) }),
    ...given,
    versionState,
  });
  expect(planned).toMatchObject({
    effect: "replaces",
    replacements: [{ address: expect.stringMatching(/^(docker_container\.workspace|kubernetes_deployment_v1\.main)/) }],
  });
});

test("the init script that is embedded in quotes by such templates has no single quote", () => {
  for (const arch of ["amd64", "arm64", "armv7"])
    expect(coderInitScript("linux", arch)).toMatch(/^#!\/bin\/sh\n[^']+$/);
});
