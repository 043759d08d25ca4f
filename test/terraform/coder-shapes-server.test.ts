// Three of the shapes with the whole program: pushed, pooled, claimed, used, stopped, started and deleted.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filesOfShape } from "../support/shape-bench.ts";
import { processesOf } from "../support/server-process.ts";
import { StandIns } from "../support/stand-ins/stand-ins.ts";
import { terraformMissing } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const settledWithinMs = 90_000;

let standIns: StandIns;
let server: WholeServer;
beforeEach(async (context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  standIns = new StandIns();
  await standIns.open();
  server = new WholeServer({
    PREWARM_PROVISIONER_DRIVERS: "process,terraform",
    PREWARM_PROVISIONER_TERRAFORM_BINARY: standIns.binary,
    PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "1s",
  });
  await server.start();
  await server.must("templates delete starter --yes");
});
afterEach(async () => {
  await server?.close();
  await standIns?.close();
});

interface Shape {
  readonly shape: string;
  readonly more: readonly string[];
  /** A file in the home in which its start script adds a line at each run. */
  readonly file: string;
  /** Its lines after a claim by the administrator. */
  readonly lines: readonly [string, string];
  readonly app: string | null;
}

const shapes: readonly Shape[] = [
  { shape: "01-scratch", more: [], file: "greetings", lines: ["hello prebuilds", "hello admin"], app: null },
  { shape: "02-docker", more: [], file: "started", lines: ["Prebuilds", "Administrator"], app: "editor" },
  {
    shape: "10-kubernetes",
    more: ["--variable", "namespace=coder-workspaces"],
    file: "started",
    lines: ["prebuilds", "admin"],
    app: "editor",
  },
];

/** Templates whose pool has one that can be claimed. */
async function ready(): Promise<readonly string[]> {
  const { exitCode, output } = await server.run("prebuilds list --json");
  if (exitCode !== 0) return [];
  const { pools } = JSON.parse(output) as {
    readonly pools: readonly { readonly template: string; readonly eligible: number }[];
  };
  return pools.filter((pool) => pool.eligible === 1).map(({ template }) => template);
}

const inside = async (workspace: string, command: string): Promise<string> =>
  (await server.must(["exec", workspace, "--", "sh", "-c", command])).trim();

const workspaces = (): string => path.join(server.folder, "data/provisioner/terraform/workspaces");

/** First processes of what the workspaces are. */
const running = (): readonly number[] => [...standIns.processes.running, ...machines()];

/** What scratch has noted of itself: of those that are made by now. */
const machines = (): readonly number[] =>
  readdirSync(workspaces())
    .map((id) => path.join(workspaces(), id, "run/machine.pid"))
    .filter((file) => existsSync(file))
    .map((file) => Number(readFileSync(file, "utf8")));

const templateOf = ({ shape }: Shape): string => `shape-${shape}`;

async function pushed(each: Shape): Promise<void> {
  const ran = await server.push(templateOf(each), filesOfShape(each.shape), each.more);
  expect(ran, server.output).toMatchObject({ exitCode: 0 });
  // The template has no preset: the pool is set beside it.
  await server.must(["prebuilds", "set", templateOf(each), "--preset", "Ready", "--instances", "1"]);
}

async function used(each: Shape): Promise<void> {
  const { shape, file, lines, app } = each;
  const dev = `dev-${shape}`;
  const before = running();
  const created = JSON.parse(await server.must(`create ${dev} --template ${templateOf(each)} --json`));
  expect(created, JSON.stringify(created)).toMatchObject({ outcome: "claimed" });
  // What was running for nobody is running for him. Its home has the workspace's id in its name.
  const own = running().filter((id) => processesOf(created.workspace.id).includes(id));
  expect(own).toHaveLength(1);
  expect(before).toContain(own[0]);
  expect(await inside(dev, `cat ~/${file}`)).toBe(lines.join("\n"));
  expect(await inside(dev, "echo $CODER_WORKSPACE_NAME/$CODER_WORKSPACE_OWNER_NAME")).toBe(`${dev}/admin`);
  if (app !== null) expect(await server.must(`apps list ${dev} --json`)).toContain(`"${app}"`);

  await server.must(`stop ${dev}`);
  expect(running()).not.toContain(own[0]);
  await server.must(`start ${dev}`);
  expect(await inside(dev, `cat ~/${file}`)).toBe([...lines, lines[1]].join("\n"));

  await server.must(`delete ${dev} --yes`);
  await server.must(["templates", "delete", templateOf(each), "--yes"]);
}

describe("the shapes of scratch, docker and kubernetes", { timeout: 300_000 }, () => {
  test("are pushed as they are, pooled, claimed with what runs kept, stopped, started and deleted", async () => {
    for (const each of shapes) await pushed(each);
    const all = shapes.map(templateOf).toSorted().join();
    await waitUntil("the pools are ready", async () => (await ready()).toSorted().join() === all, settledWithinMs);
    await Promise.all(shapes.map(used));
    await waitUntil("nothing is left", () => readdirSync(workspaces()).length === 0, settledWithinMs);
    expect(processesOf(workspaces())).toEqual([]);
    expect(standIns.processes.processes).toEqual([]);
  });
});
