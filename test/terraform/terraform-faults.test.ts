import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processesMarked, sendSignal } from "../../src/provisioner/host/process-table.ts";
import type { Driver, UndeliveredState } from "../../src/provisioner/driver.ts";
import { readRecord, workspaceFolder } from "../../src/provisioner/drivers/terraform/workspace-folder.ts";
import { bundleProgram } from "../support/bundled-program.ts";
import { marking, TerraformBench, terraformMissing, variable } from "../support/terraform.ts";
import { waitUntil } from "../support/wait-until.ts";

let bench: TerraformBench;
let program: string;
beforeEach((context) => {
  if (terraformMissing !== undefined) context.skip(`${terraformMissing}`);
  bench = new TerraformBench();
  program = path.join(bench.folder, "daemon.mjs");
});
afterEach(async () => {
  const left = await leftRunning();
  // Also after a failure nothing may go on running.
  for (const processId of left) sendSignal(processId, "SIGKILL");
  expect(left).toEqual([]);
  bench?.remove();
});

/** Processes that carry the mark of the bench's workspaces. */
async function leftRunning(): Promise<readonly number[]> {
  const found = await processesMarked((setting) => setting.startsWith(`PREWARM_TERRAFORM_FOLDER=${bench.root}`));
  return found.map(({ processId }) => processId);
}

/** One resource is made, the next is on its way for a long time. */
function writeSlow(create = "sleep 60"): void {
  const second = marking("second", bench, { more: "depends_on = [terraform_data.first]", create });
  bench.write("main.tf", `${variable}${marking("first", bench)}${second}`);
}

const folder = () => workspaceFolder(path.join(bench.root, "workspaces"), "workspace-1");
const secondBegun = (): Promise<unknown> =>
  waitUntil("the second resource", () => bench.marksLeft().includes("second"));

async function terraformProcess(): Promise<number> {
  return await waitUntil("the note of the process", async () => (await readRecord(folder()))?.processId ?? undefined);
}

/** What `deliver` offers, as a server would take it. */
async function delivered(driver: Driver): Promise<readonly UndeliveredState[]> {
  const offered: UndeliveredState[] = [];
  await driver.deliver?.(async (state) => {
    offered.push(state);
    return "stored";
  });
  return offered;
}

interface Killed {
  readonly daemon: ChildProcess;
  readonly exited: Promise<unknown>;
  /** What it had told of its states. */
  readonly told: unknown[];
}

async function startDaemon(): Promise<Killed> {
  await bundleProgram("test/support/terraform-daemon.ts", program);
  const template = path.join(bench.folder, "template");
  writeFileSync(path.join(template, ".hash"), bench.build().archiveHash);
  const daemon = spawn(process.execPath, [program, bench.root, template], { stdio: ["ignore", "pipe", "inherit"] });
  const told: unknown[] = [];
  createInterface({ input: daemon.stdout }).on("line", (line) => told.push(JSON.parse(line)));
  return { daemon, told, exited: new Promise((resolve) => daemon.once("exit", resolve)) };
}

describe("Terraform killed in the middle of an apply", () => {
  test("leaves a failed build, nothing that runs, and nothing that the next destroy would not remove", async () => {
    writeSlow();
    const driver = await bench.open();
    const applying = driver.apply(bench.build());
    await Promise.all([
      expect(applying).rejects.toMatchObject({ code: "build_failed", message: expect.stringContaining("SIGKILL") }),
      secondBegun().then(async () => process.kill(await terraformProcess(), "SIGKILL")),
    ]);
    expect(await leftRunning()).toEqual([]);
    expect(bench.states.at(-1)).toMatchObject({ unfinished: [{ address: "terraform_data.second" }] });
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });

  test("in its first moment, before any resource is done, loses nothing either", async () => {
    const others = ["a", "b", "c"].map((name) => marking(name, bench, { create: "sleep 60" })).join("");
    bench.write("main.tf", `${variable}module "inner" {\n source = "./inner"\n}\n${others}`);
    mkdirSync(path.join(bench.folder, "template", "inner"));
    bench.write("inner/main.tf", marking("deep", bench, { more: 'for_each = toset(["k"])', create: "sleep 60" }));
    const driver = await bench.open();
    const applying = driver.apply(bench.build());
    await Promise.all([
      expect(applying).rejects.toMatchObject({ code: "build_failed" }),
      waitUntil("four marks", () => bench.marksLeft().length === 4).then(async () =>
        process.kill(-(await terraformProcess()), "SIGKILL"),
      ),
    ]);
    expect(bench.tfstate()).toBeNull();
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });

  test("is followed by a start that goes on from what there is", async () => {
    writeSlow(`test -e ${bench.marks}/../again || sleep 60`);
    const driver = await bench.open();
    const applying = driver.apply(bench.build());
    await Promise.all([
      expect(applying).rejects.toMatchObject({ code: "build_failed" }),
      secondBegun().then(async () => process.kill(await terraformProcess(), "SIGKILL")),
    ]);
    writeFileSync(path.join(bench.folder, "again"), "");
    const report = await driver.apply(bench.build());
    expect(report.resources).toHaveLength(2);
    expect(bench.states.at(-1)).toMatchObject({ unfinished: [] });
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });
});

describe("a cancelled build", () => {
  async function canceled(create: string, interruptGraceMs: number): Promise<number> {
    writeSlow(create);
    const driver = await bench.open({ interruptGraceMs });
    const cancel = new AbortController();
    const applying = driver.apply(bench.build({ abort: cancel.signal }));
    const failed = expect(applying).rejects.toThrow(/abort/);
    await secondBegun();
    const startedMs = performance.now();
    cancel.abort();
    await failed;
    const elapsedMs = performance.now() - startedMs;
    expect(await leftRunning()).toEqual([]);
    expect(bench.tfstate()?.resources.map(({ name }) => name)).toContain("first");
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
    return elapsedMs;
  }

  test("is interrupted, stores its state, and is destroyed whole", async () => {
    expect(await canceled("sleep 60", 20_000)).toBeLessThan(10_000);
  });

  test("is killed after the grace when it ignores signals", async () => {
    const stubborn =
      "trap '' INT TERM; (trap '' INT TERM; while true; do sleep 0.2; done) & while true; do sleep 0.2; done";
    await canceled(stubborn, 500);
  });
});

describe("a daemon that is killed", () => {
  test.each([
    ["alone", false],
    ["together with its Terraform", true],
  ])("%s in the middle of an apply: the next one ends what runs, delivers what is known, and removes all of it", async (_, both) => {
    writeSlow();
    const { daemon, exited } = await startDaemon();
    await secondBegun();
    const terraform = await terraformProcess();
    daemon.kill("SIGKILL");
    if (both) process.kill(terraform, "SIGKILL");
    await exited;
    const next = await bench.open();
    expect(await leftRunning()).toEqual([]);
    const [state, ...more] = await delivered(next);
    expect(more).toEqual([]);
    expect(state).toMatchObject({ workspaceId: "workspace-1", jobId: "job-1", attempt: 1 });
    expect(await delivered(next)).toEqual([]);
    bench.states.push(state?.state);
    await next.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });

  test("before its Terraform ends: that one goes on, and what it has made since is known", async () => {
    writeSlow(`while ! test -e ${bench.marks}/../go; do sleep 0.05; done`);
    const { daemon, exited, told } = await startDaemon();
    await secondBegun();
    const terraform = await terraformProcess();
    daemon.kill("SIGKILL");
    await exited;
    writeFileSync(path.join(bench.folder, "go"), "");
    await waitUntil("the end of Terraform", () => !existsSync(`/proc/${terraform}`) || isZombie(terraform));
    const [state] = await delivered(await bench.open());
    bench.states.push(told.at(-1));
    expect(bench.tfstate()?.resources ?? []).not.toContainEqual(expect.objectContaining({ name: "second" }));
    bench.states.push(state?.state);
    expect(bench.tfstate()?.resources.map(({ name }) => name)).toEqual(["first", "second"]);
    expect(state?.serial).toBeGreaterThan(told.length);
    await (await bench.open()).destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });

  test("before its Terraform was started: what it had written down says so, and a destroy finds nothing", async () => {
    writeSlow();
    const { daemon, exited, told } = await startDaemon();
    await waitUntil("the first state", () => told.length > 0);
    daemon.kill("SIGKILL");
    await exited;
    const next = await bench.open();
    expect(told[0]).toMatchObject({ attempt: "job-1/1", tfstate: null });
    await next.destroy(bench.destroy({ state: told[0] }));
    expect(bench.marksLeft()).toEqual([]);
    expect(await delivered(next)).toEqual([]);
  });

  test("and whose state is not delivered yet: a job of the workspace goes on from what lies here", async () => {
    writeSlow();
    const { daemon, exited } = await startDaemon();
    await secondBegun();
    daemon.kill("SIGKILL");
    await exited;
    const next = await bench.open();
    // The server knows nothing at all.
    await next.destroy(bench.destroy({ state: null }));
    expect(bench.marksLeft()).toEqual([]);
    expect(await delivered(next)).toEqual([]);
  });
});

function isZombie(processId: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${processId}/stat`, "utf8").slice(-400));
  } catch {
    return true;
  }
}

describe("a lost lease", () => {
  test("keeps what was made since on the disk, and offers it with a higher serial than any before", async () => {
    bench.write("main.tf", `${variable}${marking("home", bench)}`);
    const driver = await bench.open();
    let saves = 0;
    const context = bench.build();
    const applying = driver.apply({
      ...context,
      saveState: async (state) => {
        saves += 1;
        if (saves > 1) throw new Error("the lease is over");
        await context.saveState(state);
      },
    });
    await expect(applying).rejects.toThrow("the lease is over");
    const [state] = await delivered(driver);
    expect(state).toMatchObject({ workspaceId: "workspace-1", serial: saves + 1 });
    bench.states.push(state?.state);
    expect(bench.tfstate()?.resources.map(({ name }) => name)).toEqual(["home"]);
    await driver.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });

  test("before anything was made has nothing to offer", async () => {
    bench.write("main.tf", `${variable}${marking("home", bench)}`);
    const driver = await bench.open();
    const lost = { ...bench.build(), saveState: async () => Promise.reject(new Error("the lease is over")) };
    await expect(driver.apply(lost)).rejects.toThrow("the lease is over");
    expect(bench.marksLeft()).toEqual([]);
    expect(await delivered(driver)).toEqual([]);
  });

  test("whose state the server refuses is not offered again, and stays for whoever looks for what is left over", async () => {
    writeSlow();
    const driver = await bench.open();
    const context = bench.build();
    const applying = driver.apply({
      ...context,
      saveState: async () =>
        bench.marksLeft().length > 0 ? Promise.reject(new Error("the lease is over")) : undefined,
    });
    await Promise.all([
      expect(applying).rejects.toThrow("the lease is over"),
      secondBegun().then(async () => process.kill(await terraformProcess(), "SIGKILL")),
    ]);
    await driver.deliver(async () => "refused");
    expect(await delivered(driver)).toEqual([]);
    const next = await bench.open();
    expect(await delivered(next)).toEqual([]);
    expect(await next.list()).toMatchObject([{ workspaceId: "workspace-1" }]);
    expect(await readRecord(folder())).toMatchObject({ isRefused: true, state: { tfstate: expect.any(String) } });
  });
});

describe("a state file that was cut off while it was written", () => {
  test("is no loss: the last whole version counts, and what had begun since is destroyed too", async () => {
    writeSlow();
    const { daemon, exited } = await startDaemon();
    await secondBegun();
    const terraform = await terraformProcess();
    await waitUntil(
      "the first resource in the record",
      async () => (await readRecord(folder()))?.state.tfstate ?? undefined,
    );
    daemon.kill("SIGKILL");
    process.kill(-terraform, "SIGKILL");
    await exited;
    writeFileSync(folder().tfstate, readFileSync(folder().tfstate, "utf8").slice(0, 200));
    const next = await bench.open();
    const [state] = await delivered(next);
    bench.states.push(state?.state);
    expect(bench.tfstate()?.resources.map(({ name }) => name)).toEqual(["first"]);
    expect(state?.state).toMatchObject({ unfinished: [{ address: "terraform_data.second" }] });
    await next.destroy(bench.destroy());
    expect(bench.marksLeft()).toEqual([]);
  });
});
