// Templates in the shapes of those that people write for Coder, each in its folder below shapes/, with real Terraform and
// stand-ins for other people's providers. All of them are written by us.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ShapeBench, scriptNames } from "../support/shape-bench.ts";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";

const startedWithinMs = 10_000;

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
  readonly presets?: readonly string[];
  /** `agent: name` of what a build has told. */
  readonly scripts?: readonly string[];
  /** Each warning of the import, in any order. */
  readonly warned?: readonly RegExp[];
}

/** The import, and what it has found. */
async function imported({ shape, variables, parameters, agents, apps, presets, warned }: Expected): Promise<void> {
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
    presets: presets ?? [],
    warned: (warned ?? []).map((pattern) => expect.stringMatching(pattern)),
  });
}

/** What is in the state besides what is Coder's own. */
const others = () => Object.entries(bench.instances).filter(([address]) => !/(^| )coder_/.test(address));
const tokens = () =>
  Object.entries(bench.instances)
    .filter(([address]) => address.includes("coder_agent."))
    .map(([, { token }]) => token);

/** What the agents' scripts have noted in the homes that there are. */
function noted(folder = bench.standIns.folder): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(file) === "tokens" && existsSync(path.join(folder, file)))
    .flatMap((file) => readFileSync(path.join(folder, file), "utf8").trim().split("\n"));
}

async function untilNoted(expected: readonly string[]): Promise<void> {
  await waitUntil(`${expected.join()} are noted`, () => noted().join() === expected.join(), startedWithinMs);
}

const leftOut = (app: string): RegExp => new RegExp(`coder_app\\.${app}: it is left out: it is a link to somewhere else`);

const full: readonly Expected[] = [
  {
    shape: "02-docker",
    apps: ["editor"],
    scripts: ["main: Startup Script", "main: editor"],
    warned: [leftOut("ide"), leftOut("ide")],
  },
  {
    shape: "10-kubernetes",
    variables: { namespace: "coder-workspaces" },
    parameters: ["cpu", "home_disk_size", "memory"],
    apps: ["editor"],
    scripts: ["main: Startup Script"],
  },
];

describe("the shape", { timeout: 60_000 }, () => {
  test.each(
    full,
  )("$shape is imported, prebuilt, claimed with nothing replaced, stopped, started, deleted", async (each) => {
    await imported(each);
    const built = await bench.start();
    expect(scriptNames(built.agents)).toEqual(each.scripts ?? []);
    const { running } = bench.standIns.processes;
    expect(running).toHaveLength(1);
    await untilNoted(["token-1-of-main"]);
    const before = { others: others(), tokens: tokens() };

    const claimed = await bench.claim();
    expect(claimed.plan).toEqual({ effect: "nothing", changes: 0, replacements: [] });
    expect({ others: others(), tokens: tokens() }).toEqual(before);
    expect(bench.standIns.processes.running).toEqual(running);

    await bench.stop();
    expect(bench.standIns.processes.processes).toEqual([]);
    await bench.start(bench.person);
    expect(bench.standIns.processes.running).toHaveLength(1);
    expect(tokens()).toEqual(["token-2-of-main"]);
    // In the home that the prebuild had.
    await untilNoted(["token-1-of-main", "token-2-of-main"]);

    await bench.destroy();
    expect(bench.instances).toEqual({});
    expect(bench.standIns.processes.processes).toEqual([]);
    expect(noted()).toEqual([]);
  });
});
