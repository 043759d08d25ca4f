// Templates in the shapes of those that people write for Coder, each in its folder below shapes/, with real Terraform and
// stand-ins for other people's providers. All of them are written by us.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { coderInitScript } from "../../src/provisioner/coder-provider/init-script.ts";
import { startPlainSshd } from "../support/plain-sshd.ts";
import { ShapeBench, scriptNames } from "../support/shape-bench.ts";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";

const startedWithinMs = 20_000;

let bench: ShapeBench;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new ShapeBench();
  await bench.open();
});
afterEach(() => bench?.close());

interface Expected {
  readonly shape: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Names, in the order of the manifest. */
  readonly parameters?: readonly string[];
  readonly agents?: readonly string[];
  readonly apps?: readonly string[];
  /** `agent: name` of what a build has told. */
  readonly scripts?: readonly string[];
  /** Parts of each warning of the import, sorted. */
  readonly warned?: readonly string[];
  /** Whether something runs the script of the agent here. */
  readonly runs?: boolean;
}

/** The import, and what it has found. */
async function imported({ shape, variables, parameters, agents, apps, warned }: Expected): Promise<void> {
  const parts = await bench.import(shape, variables);
  expect({
    parameters: (parts.parameters ?? []).map(({ name }) => name),
    agents: (parts.agents ?? []).map(({ name }) => name),
    apps: (parts.agents ?? []).flatMap((agent) => (agent.apps ?? []).map(({ name }) => name)),
    presets: (parts.presets ?? []).map(({ name }) => name),
    warned: [...bench.warned].toSorted(),
  }).toEqual({
    parameters: parameters ?? [],
    agents: agents ?? ["main"],
    apps: apps ?? [],
    presets: [],
    warned: (warned ?? []).map((part) => expect.stringContaining(part)),
  });
}

/** What is in the state besides what is Coder's own. */
const others = () => Object.entries(bench.instances).filter(([address]) => !/(^| )coder_/.test(address));
const tokens = () =>
  Object.entries(bench.instances)
    .filter(([address]) => address.includes("coder_agent."))
    .map(([, { token }]) => token);

async function untilNoted(expected: readonly string[]): Promise<void> {
  const sorted = expected.toSorted().join();
  await waitUntil(`${sorted} are noted`, () => bench.noted.toSorted().join() === sorted, startedWithinMs);
}

async function builtAndDestroyed(each: Expected): Promise<void> {
  const { agents = ["main"], scripts = [], runs = true } = each;
  await imported(each);
  const built = await bench.start();
  expect(scriptNames(built.agents)).toEqual(scripts);
  expect(tokens()).toEqual(agents.map((name) => `token-1-of-${name}`));
  if (runs) await untilNoted(agents.map((name) => `token-1-of-${name}`));
  await bench.destroy();
  expect({ left: bench.instances, processes: bench.processes }).toEqual({ left: {}, processes: [] });
}

async function wholeLife(each: Expected): Promise<void> {
  const { agents = ["main"], scripts = [] } = each;
  const [first, second] = [1, 2].map((start) => agents.map((name) => `token-${start}-of-${name}`));
  await imported(each);
  const built = await bench.start();
  expect(scriptNames(built.agents)).toEqual(scripts);
  await untilNoted(first ?? []);
  const { processes } = bench;
  const before = { others: others(), tokens: tokens() };
  expect(before.tokens).toEqual(first);

  const claimed = await bench.claim();
  expect(claimed.plan).toEqual({ effect: "nothing", changes: 0, replacements: [] });
  expect({ others: others(), tokens: tokens() }).toEqual(before);
  expect(bench.processes).toEqual(processes);

  await bench.stop();
  expect(bench.processes).toEqual([]);
  await bench.start(bench.person);
  expect(tokens()).toEqual(second);
  // In the home that the prebuild had.
  await untilNoted([...(first ?? []), ...(second ?? [])]);

  await bench.destroy();
  expect({ left: bench.instances, processes: bench.processes, noted: bench.noted }).toEqual({
    left: {},
    processes: [],
    noted: [],
  });
}

const leftOut = (app: string): string => `coder_app.${app}: it is left out: it is a link to somewhere else`;
const sameForAll = (app: string): string => `coder_app.${app}: its address depends on the workspace, its owner`;
const ofCloud = (agent: string, cloud: string): string => `coder_agent.${agent}: auth is "${cloud}-instance-identity"`;
const oldDir = "Warning: dir is deprecated";
const namespace = { namespace: "coder-workspaces" };

const full: readonly Expected[] = [
  { shape: "01-scratch", scripts: ["main: Hello"] },
  {
    shape: "02-docker",
    apps: ["editor"],
    scripts: ["main: Startup Script", "main: editor"],
    // One of each instance.
    warned: [leftOut("ide"), leftOut("ide")],
  },
  {
    shape: "03-docker-build",
    warned: [sameForAll("editor")],
    apps: ["editor"],
    scripts: ["main: Startup Script"],
  },
  {
    shape: "04-docker-rstudio",
    warned: [oldDir, sameForAll("files")],
    apps: ["files", "rstudio"],
    scripts: ["main: Startup Script"],
  },
  {
    shape: "07-omnigent-docker",
    scripts: ["files", "mux", "setup", "tool"].map((name) => `main: Install ${name}`),
  },
  { shape: "08-docker-texlive" },
  {
    shape: "09-docker-claude",
    parameters: "region image repo prompt cpu memory dotfiles tests model disk tools notes".split(" "),
    scripts: ["claude", "editor", "files", "git", "login", "notebook", "shell"].map((name) => `main: ${name}`),
  },
  {
    shape: "10-kubernetes",
    variables: namespace,
    parameters: ["cpu", "home_disk_size", "memory"],
    apps: ["editor"],
    scripts: ["main: Startup Script"],
  },
  { shape: "two-agents", agents: ["main", "side"] },
];

const built: readonly Expected[] = [
  {
    shape: "05-docker-devcontainer",
    warned: [oldDir],
    parameters: ["repo", "custom_repo_url", "fallback_image", "devcontainer_builder"],
  },
  { shape: "06-docker-envbuilder", parameters: ["devcontainer_builder", "repo"] },
  {
    shape: "11-kubernetes-envbox",
    variables: namespace,
    parameters: ["Disk Size"],
    scripts: ["main: Startup Script"],
  },
  {
    shape: "12-kubernetes-devcontainer",
    warned: [oldDir],
    variables: namespace,
    parameters: "cpu memory workspaces_volume_size repo fallback_image devcontainer_builder".split(" "),
  },
  { shape: "13-k8s-username", agents: ["coder"] },
  {
    shape: "14-aws-linux",
    warned: [ofCloud("dev", "aws")],
    agents: ["dev"],
    parameters: ["aws_region", "instance_type"],
    apps: ["editor"],
    runs: false,
  },
  {
    shape: "15-gcp-linux",
    warned: [ofCloud("main", "google")],
    variables: { project_id: "one" },
    parameters: ["zone"],
    runs: false,
  },
  {
    shape: "16-digitalocean-linux",
    parameters: ["home_volume_size", "size"],
    runs: false,
  },
  {
    shape: "17-nomad-docker",
    parameters: ["cpu"],
    scripts: ["main: Startup Script"],
    runs: false,
  },
  { shape: "18-incus", warned: [oldDir], parameters: ["image"], runs: false },
  {
    shape: "21-externally-managed",
    warned: ["coder_external_agent.main: it has no effect yet: start the agent with the script at"],
    parameters: ["os"],
    scripts: ["main: Hello"],
    runs: false,
  },
];

describe("the shape", { timeout: 60_000 }, () => {
  test.each(full)("$shape is imported, prebuilt, claimed with nothing replaced, stopped, started, deleted", wholeLife);

  test("02-docker has its container replaced by a claim where the policy is to apply all that Terraform says", async () => {
    await bench.import("02-docker");
    await bench.start();
    const { running } = bench.standIns.processes;
    bench.terraform.manifest = { ...bench.terraform.manifest, claim_policy: { resources: "apply" } };
    const claimed = await bench.claim();
    expect(claimed.plan).toMatchObject({
      effect: "replaces",
      replacements: [{ address: "docker_container.workspace[0]" }],
    });
    expect(bench.standIns.processes.running).toHaveLength(1);
    expect(bench.standIns.processes.running).not.toEqual(running);
  });

  test.each(built)("$shape is imported, built and deleted", builtAndDestroyed);

  test("20-railway is made by a program that is asked step by step, and claimed with nothing replaced", async () => {
    const things = path.join(bench.terraform.folder, "things");
    const program = path.join(bench.terraform.folder, "api");
    writeFileSync(program, api(things), { mode: 0o755 });
    await wholeLife({ shape: "20-railway", variables: { api: program, api_token: "secret-of-the-push" } });
    expect(bench.terraform.lines.map(({ line }) => line).join("\n")).not.toContain("secret-of-the-push");
  });

  test("19-ssh-linux is started by ssh on a host that there is, and claimed with nothing replaced", async (context) => {
    const folder = path.join(bench.terraform.folder, "host");
    mkdirSync(folder);
    // Elsewhere: it is no process of the workspace.
    const ofHost = mkdtempSync(path.join(tmpdir(), "pw-sshd-"));
    onTestFinished(() => rmSync(ofHost, { recursive: true }));
    const sshd = await startPlainSshd(ofHost);
    if (typeof sshd === "string") return context.skip(`${sshd}`);
    try {
      bench.values = {
        ssh_host: "127.0.0.1",
        ssh_port: `${sshd.port}`,
        ssh_user: userInfo().username,
        ssh_auth: "key",
        ssh_key: readFileSync(sshd.args[sshd.args.indexOf("-i") + 1] ?? "", "utf8"),
        ssh_folder: folder,
      };
      await wholeLife({
        shape: "19-ssh-linux",
        parameters: ["auth", "folder", "host", "key", "password", "port", "shell", "user"].map((name) => `ssh_${name}`),
        warned: [oldDir],
        agents: ["main"],
      });
    } finally {
      await sshd.stop();
    }
  });

  test("13-k8s-username has the very script between its single quotes, and it runs", async () => {
    await bench.close();
    bench = new ShapeBench();
    await bench.open(coderInitScript);
    await bench.import("13-k8s-username");
    await bench.start();
    await waitUntil(
      "the script says that nobody answers here",
      () => bench.standIns.processes.logs.includes("http://127.0.0.1:9/bin/agent.sh could not be fetched"),
      startedWithinMs,
    );
    await bench.destroy();
    expect(bench.processes).toEqual([]);
  });

  test.each(["22-windows", "22-cloud-dev"])("%s is refused with the place of its agent", async (shape) => {
    await expect(bench.import(shape)).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringMatching(/^coder_agent\.main \(main\.tf:\d+\): there is no agent for windows/),
    });
  });

  test("10-kubernetes is refused without its variable, which is named with the flag", async () => {
    await expect(bench.import("10-kubernetes")).rejects.toMatchObject({
      code: "invalid_template",
      message: expect.stringMatching(/The variable "namespace" \(main\.tf, line \d+\) has no default/),
      next: expect.stringContaining("--variable namespace="),
    });
  });
});

/** A service that makes things when it is told to: a folder for each, and a process for what is deployed. */
const api = (things: string): string => `#!/bin/sh
thing=${things}/$3/$2
case "$1" in
  make) mkdir -p "$thing" ;;
  remove)
    if [ -e "$thing/pid" ]; then kill -KILL "-$(cat "$thing/pid")"; fi
    [ "$2" = project ] && rm -r "\${thing%/*}" || rm -f "$thing/pid" ;;
esac
[ "$1 $2" = "make deployment" ] || exit 0
mkdir -p "$thing/../volume"
env -i PATH="$PATH" HOME="$thing/../volume" CODER_AGENT_TOKEN="$AGENT_TOKEN" THING="$thing" INIT="$INIT_SCRIPT" \\
  setsid sh -c 'echo $$ > "$THING/pid"; exec sh -c "$INIT"' < /dev/null > /dev/null 2>&1 &
until test -s "$thing/pid"; do sleep 0.05; done
`;
