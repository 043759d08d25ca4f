// Workspaces of the process driver apart from each other and from the daemon, and what they leave running.
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { silentLogger } from "../../src/platform/logger.ts";
import { seededRandom } from "../../src/platform/random.ts";
import { ProcessDriver } from "../../src/provisioner/drivers/process/process-driver.ts";
import {
  type AccountRange,
  freeAccount,
  parseAccountRange,
} from "../../src/provisioner/drivers/process/workspace-accounts.ts";
import { processesOf, processIdentity } from "../../src/provisioner/host/process-table.ts";
import { withoutNpm } from "../../src/provisioner/host/without-npm.ts";
import { buildContext, type BuildContextDraft } from "../support/build-context.ts";

const isRoot = process.getuid?.() === 0;
/** Far from the default, and other ones in each run: several may run at once. */
const first = 2_000_000 + (process.pid % 10_000) * 100;
const range: AccountRange = { first, last: first + 99 };

/** Does what the file `todo` says once, as the workspace would, and lives on. */
const agent = `echo $$ > "$HOME/pid"; sh "$PREWARM_TEMPLATE_FOLDER/todo" > "$HOME/said" 2>&1; touch "$HOME/done"; trap 'exit 0' TERM; while :; do sleep 0.02; done`;

let folder: string;
let root: string;
let template: string;
let driver: ProcessDriver;
let workspaces: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-accounts-"));
  chmodSync(folder, 0o711);
  root = path.join(folder, "provisioner", "workspaces");
  template = path.join(folder, "template");
  mkdirSync(template);
  workspaces = [];
});

afterEach(async () => {
  for (const workspaceId of workspaces) await driver.destroy(context({ workspaceId, template }));
  await driver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(
  accounts: AccountRange | null,
  command: readonly string[] = ["sh", "-c", agent],
): Promise<ProcessDriver> {
  driver = new ProcessDriver({
    root,
    agentCommand: command,
    hostEnvironment: { PATH: process.env["PATH"] },
    accounts,
    logger: silentLogger,
    random: seededRandom(1),
    stopGraceMs: 300,
    superviseMs: 20,
  });
  await driver.open();
  return driver;
}

const context = (draft: BuildContextDraft) => buildContext(draft);
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const own = (workspaceId: string, name = ""): string => path.join(root, workspaceId, name);
const account = (workspaceId: string): number =>
  (JSON.parse(readFileSync(own(workspaceId, "workspace.json"), "utf8")) as { account: number }).account;

/** Starts a workspace that does this. @returns its id, once it has done it */
async function started(todo: string, draft: Partial<BuildContextDraft> = {}): Promise<string> {
  const workspaceId = draft.workspaceId ?? randomUUID();
  if (!workspaces.includes(workspaceId)) workspaces.push(workspaceId);
  writeFileSync(path.join(template, "todo"), todo);
  rmSync(own(workspaceId, "home/done"), { force: true });
  await driver.apply(context({ workspaceId, template, ...draft }));
  await until(() => expect(existsSync(own(workspaceId, "home/done"))).toBe(true));
  return workspaceId;
}

const said = (workspaceId: string): string => readFileSync(own(workspaceId, "home/said"), "utf8");

describe.runIf(isRoot)("a workspace of a daemon that is root", () => {
  test("runs as an account of its own, without the daemon's groups, and owns what is its own", async () => {
    await open(range);
    expect(driver.unisolatedBecause()).toBeNull();
    const one = await started("id -u; id -G; touch ~/mine");
    const other = await started("id -u");
    expect(said(one)).toBe(`${account(one)}\n${account(one)}\n`);
    expect(account(one)).not.toBe(account(other));
    expect(statSync(own(one, "home")).uid).toBe(account(one));
    expect(statSync(own(one, "agents/main/token"))).toMatchObject({ uid: account(one), mode: 0o100600 });
  });

  test("reads neither the daemon's environment and files, nor another workspace, and signals nobody else", async () => {
    await open(range);
    const secret = path.join(folder, "provisioner", "secret");
    writeFileSync(secret, "hush", { mode: 0o600 });
    const one = await started("echo hush > ~/mine");
    const pid = readFileSync(own(one, "home/pid"), "utf8").trim();
    const tries = [
      `cat /proc/${process.pid}/environ`,
      `cat ${secret}`,
      `cat ${own(one, "home/mine")}`,
      `cat ${own(one, "agents/main/token")}`,
      `cat ${own(one, "template/todo")}`,
      `ls ${root}`,
      `kill -0 ${pid}`,
      `kill -0 ${process.pid}`,
    ];
    const other = await started(tries.map((line) => `${line} && echo "DONE: ${line}"`).join("\n"));
    expect(said(other)).not.toMatch(/DONE|hush/);
    expect(said(other).match(/denied|not permitted/gi)).toHaveLength(tries.length);
  });

  test("cannot put anything in the place of what the daemon writes", async () => {
    await open(range);
    const tries = [
      "../workspace.json",
      "../agents/main/agent.log",
      "../agents/main/token",
      "../agents/main",
      "../home",
    ];
    const one = await started(`cd ~; for name in ${tries.join(" ")}; do mv $name $name.gone && echo DONE; done`);
    expect(said(one)).not.toContain("DONE");
  });

  test("keeps its account over a stop and a start, and takes over what it owned as the daemon", async () => {
    await open(null);
    const one = await started("touch ~/old; id -u");
    expect(said(one)).toBe("0\n");
    await driver.close();
    await open(range);
    const elsewhere = path.join(folder, "elsewhere");
    writeFileSync(elsewhere, "");
    symlinkSync(elsewhere, own(one, "home/link"));
    await started("echo more >> ~/old && id -u", { workspaceId: one, work: { buildId: "build-2" } });
    const now = account(one);
    expect(said(one)).toBe(`${now}\n`);
    expect(statSync(elsewhere).uid, "what a link leads to is not given away").toBe(0);
    await started("id -u", { workspaceId: one, work: { buildId: "build-3" } });
    expect(said(one)).toBe(`${now}\n`);
  });

  test("leaves nothing running after its delete, whatever it has cleared and wherever it has gone", async () => {
    await open(range);
    const script =
      'echo $$ > "$1"; cd /; exec </dev/null >/dev/null 2>&1; trap "" TERM HUP; while :; do sleep 0.05; done';
    const one = await started(
      `for n in 1 2; do setsid env -i PATH="$PATH" sh -c '${script}' x "$HOME/left-$n" & done; sleep 0.3`,
    );
    const left = [1, 2].map((n) => Number(readFileSync(own(one, `home/left-${n}`), "utf8")));
    const uid = account(one);
    expect(left.map((pid) => processIdentity(pid) !== null)).toEqual([true, true]);
    await driver.destroy(context({ workspaceId: one, template }));
    workspaces = [];
    expect(left.map((pid) => processIdentity(pid))).toEqual([null, null]);
    expect(await processesOf(uid)).toEqual([]);
  });

  test("starts its agent from a copy where the agent lies in a folder that is closed", async () => {
    const closed = path.join(folder, "closed");
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(path.join(closed, "agent.sh"), agent);
    await open(range, ["sh", path.join(closed, "agent.sh")]);
    expect(driver.unisolatedBecause()).toBeNull();
    const one = await started("id -u");
    expect(said(one)).toBe(`${account(one)}\n`);
  });

  test("runs as the daemon where the accounts cannot reach its folder, and the driver says so", async () => {
    chmodSync(folder, 0o700);
    const opened = await open(range);
    expect(opened.unisolatedBecause()).toContain(`${root} cannot be reached by other accounts`);
    expect(said(await started("id -u"))).toBe("0\n");
  });
});

describe("a workspace that runs as the daemon does", () => {
  test("is said to be kept apart from nothing, and why", async () => {
    await open(null);
    expect(driver.unisolatedBecause()).toContain("provisioner.process_accounts");
  });

  test("leaves nothing running that is in its agent's session, or stands in its folder", async () => {
    await open(null);
    const loop = 'echo $$ > "$1"; trap "" TERM HUP; while :; do sleep 0.05; done';
    // The first is still in the agent's session; the second has left everything but its folder.
    const one = await started(
      [
        `env -i PATH="$PATH" sh -c 'cd /; ${loop}' x "$HOME/left-1" >/dev/null 2>&1 &`,
        `cd ~; (setsid env -i PATH="$PATH" sh -c '${loop}' x "$HOME/left-2" >/dev/null 2>&1 </dev/null &)`,
        "sleep 0.3",
      ].join("\n"),
    );
    const left = [1, 2].map((n) => Number(readFileSync(own(one, `home/left-${n}`), "utf8")));
    await driver.destroy(context({ workspaceId: one, template }));
    workspaces = [];
    expect(left.map((pid) => processIdentity(pid))).toEqual([null, null]);
  });
});

describe("an account", () => {
  test("is one that no workspace has, and the same for the same workspace as long as it is free", async () => {
    const workspaceId = randomUUID();
    const taken = new Set<number>();
    const found = await freeAccount({ range, workspaceId, taken });
    expect(await freeAccount({ range, workspaceId, taken })).toBe(found);
    for (let count = 0; count < 100; count += 1) {
      const account = (await freeAccount({ range, workspaceId: randomUUID(), taken })) ?? 0;
      expect(taken.has(account)).toBe(false);
      taken.add(account);
    }
    expect(await freeAccount({ range, workspaceId, taken })).toBeUndefined();
  });

  test.each([
    ["off", null],
    ["40000-49999", { first: 40_000, last: 49_999 }],
    ["0-10", undefined],
    ["10-9", undefined],
    ["root", undefined],
    ["1-", undefined],
  ])("range is read from %s", (text, expected) => {
    expect(parseAccountRange(text)).toEqual(expected);
  });

  test("finds nothing of npm's on its PATH", () => {
    const npms = [
      "/app/node_modules/.bin",
      "/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin",
    ];
    expect(withoutNpm([...npms, "/usr/bin", "/bin"].join(":"))).toBe("/usr/bin:/bin");
  });
});
