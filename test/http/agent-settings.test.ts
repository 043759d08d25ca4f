import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AgentManifest } from "../../src/contracts/agent-protocol.ts";
import type { AgentMetadataItem, AgentScript } from "../../src/contracts/agent-settings.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });
const ready = (): Promise<void> => until(() => expect(bed.server.states()).toContain("ready"));
const acknowledged = (count = 1): Promise<void> => until(() => expect(bed.server.acknowledgements).toHaveLength(count));

function script(changes: Partial<AgentScript> = {}): AgentScript {
  return {
    id: "one",
    name: "Greet",
    icon: "",
    run: 'echo "as $WHO in $(basename "$PWD")" >> "$HOME/ran"',
    onStart: true,
    onStop: false,
    cron: null,
    timeoutMs: null,
    logPath: "",
    blocksLogin: false,
    ...changes,
  };
}

function known(
  who: string,
  generation: number,
  scripts: AgentScript[] = [script()],
  metadata: AgentMetadataItem[] = [],
): AgentManifest {
  const told = { directory: `of-${who}`, env: { WHO: who }, motdFile: "", scripts, metadata };
  return agentManifest({ settings: { state: "known", generation, ...told } });
}

const pending = (): AgentManifest => agentManifest({ settings: { state: "pending" } });
const untold = (): AgentManifest => agentManifest({ settings: { state: "untold" } });

async function printed(command: string): Promise<string> {
  bed.server.send({ kind: "exec_start", execId: command, command: ["sh", "-c", command], env: {} });
  await until(() => expect(bed.server.exit(command)).toMatchObject({ exitCode: 0 }));
  return bed.server.output(command).toString();
}

function claimNow(): void {
  bed.server.record = claimedBy("ada");
  bed.server.send({ kind: "poke" });
}

describe("an agent whose build tells what it is to run", () => {
  test("stays at its start until it is told, and runs the scripts with the variables and in the folder of the build", async () => {
    bed.server.manifest = pending();
    bed.start();
    await until(() => expect(bed.server.states()).toContain("starting"));
    expect(existsSync(path.join(bed.home, "ran"))).toBe(false);
    bed.server.manifest = known("prebuilds", 0);
    bed.server.send({ kind: "poke" });
    await ready();
    expect(bed.read("ran")).toBe("as prebuilds in of-prebuilds\n");
  });

  test("has a log source for each script, and those with an interpreter are run by it", async () => {
    const scripts = [
      script({ run: "echo by the shell" }),
      script({ id: "two", name: "Second", run: "#!/bin/cat\nby cat" }),
    ];
    bed.server.manifest = known("prebuilds", 0, scripts);
    bed.start();
    await ready();
    await until(() => expect(bed.server.lines("Greet")).toEqual(["by the shell"]));
    await until(() => expect(bed.server.lines("Second")).toEqual(["#!/bin/cat", "by cat"]));
  });

  test("is no more than started when a script fails, and says which", async () => {
    bed.server.manifest = known("prebuilds", 0, [
      script(),
      script({ id: "bad", name: "Breaks", run: "echo oh; exit 3" }),
    ]);
    bed.start();
    await until(() => expect(bed.server.states()).toContain("start_error"));
    const told = bed.server.frames.filter((frame) => frame.kind === "state").at(-1);
    expect(told).toMatchObject({ detail: expect.stringContaining('The script "Breaks" failed: it exited with 3') });
    expect(bed.read("ran")).toContain("as prebuilds");
  });

  test("says that it took too long when nothing but time was wrong", async () => {
    bed.server.manifest = known("prebuilds", 0, [script(), script({ id: "slow", run: "sleep 60", timeoutMs: 50 })]);
    bed.start();
    await until(() => expect(bed.server.states()).toContain("start_timeout"));
  });

  test("runs the scripts with a cron at their times, and as the owner once there is one", async () => {
    const ticks = script({ run: 'echo "$WHO" >> "$HOME/ticks"', onStart: false, cron: "* * * * * *" });
    bed.server.manifest = known("prebuilds", 0, [ticks]);
    bed.start();
    await ready();
    await until(() => expect(bed.read("ticks").startsWith("prebuilds\nprebuilds\n")).toBe(true));
    bed.server.manifest = known("ada", 1, [ticks]);
    claimNow();
    await until(() => expect(bed.read("ticks").endsWith("ada\nada\n")).toBe(true));
  });

  test("samples its metadata, and tells what changes and what a new connection has not heard", async () => {
    const item = { key: "who", name: "Who", run: "echo $WHO", intervalMs: 1_000, timeoutMs: 5_000, order: 1 };
    bed.server.manifest = known("prebuilds", 0, [], [item]);
    bed.start();
    await ready();
    const values = (): unknown[] =>
      bed.server.frames.flatMap((frame) => (frame.kind === "metadata" ? frame.values : []));
    await until(() =>
      expect(values().at(-1)).toMatchObject({ key: "who", name: "Who", value: "prebuilds", error: "" }),
    );
    bed.server.manifest = known("ada", 1, [], [item]);
    claimNow();
    await until(() => expect(values().at(-1)).toMatchObject({ value: "ada", collectedAt: expect.any(String) }));
    const before = values().length;
    bed.server.cut();
    await until(() => expect(values().length).toBeGreaterThan(before));
    expect(values().at(-1)).toMatchObject({ value: "ada" });
  });

  test("says so when its build has told nothing", async () => {
    bed.server.manifest = untold();
    bed.start();
    await until(() => expect(bed.server.states()).toContain("start_error"));
  });

  test("does not run the scripts again when it is restarted within the same start", async () => {
    bed.server.manifest = known("prebuilds", 0);
    bed.start();
    await ready();
    await bed.stop();
    bed.start();
    await until(() => expect(bed.server.states().filter((state) => state === "ready")).toHaveLength(2));
    expect(bed.read("ran")).toBe("as prebuilds in of-prebuilds\n");
  });

  test("runs those of a stop when it stops", async () => {
    bed.server.manifest = known("prebuilds", 0, [script({ onStart: false, onStop: true })]);
    bed.start();
    await ready();
    await bed.stop();
    expect(bed.read("ran")).toBe("as prebuilds in of-prebuilds\n");
  });
});

describe("a claim of such a workspace", () => {
  test("waits for what its build tells, and runs the scripts once more, as its owner's", async () => {
    bed.server.manifest = known("prebuilds", 0);
    bed.start();
    await ready();
    bed.server.manifest = pending();
    claimNow();
    await until(() => expect(bed.server.claims()).toBeGreaterThan(1));
    expect(bed.server.acknowledgements).toEqual([]);
    bed.server.manifest = known("ada", 1);
    bed.server.send({ kind: "poke" });
    await acknowledged();
    expect(bed.server.acknowledgements).toEqual([{ generation: 1, error: null }]);
    expect(bed.read("ran")).toBe("as prebuilds in of-prebuilds\nas ada in of-ada\n");
    expect(await printed('echo "$WHO $(basename "$PWD")"')).toBe("ada of-ada\n");
    await bed.stop();
    bed.start();
    await acknowledged(2);
    expect(bed.read("ran")).toBe("as prebuilds in of-prebuilds\nas ada in of-ada\n");
  });

  test("whose build fails does not keep its owner waiting, and he is told", async () => {
    bed.server.manifest = known("prebuilds", 0);
    bed.start();
    await ready();
    bed.server.manifest = pending();
    claimNow();
    await until(() => expect(bed.server.claims()).toBeGreaterThan(1));
    bed.server.manifest = known("prebuilds", 0);
    await acknowledged();
    expect(bed.server.acknowledgements).toMatchObject([
      { generation: 1, error: expect.stringContaining("The build of the claim has told nothing") },
    ]);
    expect(bed.read("ran")).toBe("as prebuilds in of-prebuilds\n");
  });

  test("is not what a workspace goes through that was somebody's from its first day: the scripts run once", async () => {
    bed.server.record = claimedBy("ada");
    bed.server.manifest = known("ada", 1);
    bed.start({ buildStage: "ordinary" });
    await acknowledged();
    expect(bed.read("ran")).toBe("as ada in of-ada\n");
  });
});

test("the scripts of a workspace that was somebody's from its first day run as his, with his secrets, at its first start", async () => {
  const run = 'echo "of $PREWARM_OWNER with $TOKEN" >> "$HOME/ran"';
  bed.server.record = { ...claimedBy("ada"), hasSecrets: true };
  bed.server.secrets = { TOKEN: "a-secret-value" };
  bed.server.manifest = known("ada", 1, [script({ run })]);
  bed.start({ buildStage: "ordinary" });
  await acknowledged();
  expect(bed.read("ran")).toBe("of ada with a-secret-value\n");
});

test("an agent whose machine was replaced by the claim, and that starts before it knows the owner, runs the scripts once more as his", async () => {
  const run = 'echo "of $PREWARM_OWNER" >> "$HOME/ran"';
  // The build has told what is the owner's, and the claim record that the agent has seen is from before.
  bed.server.manifest = known("ada", 1, [script({ run })]);
  bed.start({ buildStage: "claim" });
  await ready();
  expect(bed.read("ran")).toBe("of \n");
  claimNow();
  await acknowledged();
  expect(bed.read("ran")).toBe("of \nof ada\n");
});
