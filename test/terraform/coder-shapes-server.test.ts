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

async function eligible(template: string): Promise<number> {
  const { exitCode, output } = await server.run("prebuilds list --json");
  if (exitCode !== 0) return 0;
  const { pools } = JSON.parse(output) as {
    readonly pools: readonly { readonly template: string; readonly eligible: number }[];
  };
  return pools.find((pool) => pool.template === template)?.eligible ?? 0;
}

const inside = async (command: string): Promise<string> =>
  (await server.must(["exec", "dev", "--", "sh", "-c", command])).trim();

const workspaces = (): string => path.join(server.folder, "data/provisioner/terraform/workspaces");

/** First processes of what the workspaces are. */
const running = (): readonly number[] => [...standIns.processes.running, ...machines()];

/** What scratch has noted of itself: of those that are made by now. */
const machines = (): readonly number[] =>
  readdirSync(workspaces())
    .map((id) => path.join(workspaces(), id, "run/machine.pid"))
    .filter((file) => existsSync(file))
    .map((file) => Number(readFileSync(file, "utf8")));

async function lives({ shape, more, file, lines, app }: Shape): Promise<void> {
  const template = `shape-${shape}`;
  const pushed = await server.push(template, filesOfShape(shape), more);
  expect(pushed, server.output).toMatchObject({ exitCode: 0 });
  // The template has no preset: the pool is set beside it.
  await server.must(["prebuilds", "set", template, "--preset", "Ready", "--instances", "1"]);
  await waitUntil(`the pool of ${shape} is ready`, async () => (await eligible(template)) === 1, settledWithinMs);
  const [prebuilt] = running();

  const created = JSON.parse(await server.must(`create dev --template ${template} --json`));
  expect(created, JSON.stringify(created)).toMatchObject({ outcome: "claimed" });
  expect(await inside(`cat ~/${file}`)).toBe(lines.join("\n"));
  // The pool makes another one meanwhile.
  expect(running()).toContain(prebuilt);
  expect(await inside("echo $CODER_WORKSPACE_NAME/$CODER_WORKSPACE_OWNER_NAME")).toBe("dev/admin");
  if (app !== null) expect(await server.must("apps list dev --json")).toContain(`"${app}"`);

  await server.must("stop dev");
  expect(running()).not.toContain(prebuilt);
  await server.must("start dev");
  expect(await inside(`cat ~/${file}`)).toBe([...lines, lines[1]].join("\n"));

  await server.must("delete dev --yes");
  await server.must(["templates", "delete", template, "--yes"]);
  await waitUntil("nothing is left", () => readdirSync(workspaces()).length === 0, settledWithinMs);
  expect(processesOf(workspaces())).toEqual([]);
  expect(standIns.processes.processes).toEqual([]);
}

describe("the shapes of scratch, docker and kubernetes", { timeout: 300_000 }, () => {
  test("are pushed as they are, pooled, claimed with what runs kept, stopped, started and deleted", async () => {
    for (const shape of shapes) await lives(shape);
  });
});
