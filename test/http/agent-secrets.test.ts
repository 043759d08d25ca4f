// What an agent does with the secrets of its workspace's owner: who gets them, and where they never are.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy, unclaimed } from "../support/scripted-agent-server.ts";

let bed: AgentBed;
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const value = "hunter2 hunter2";
const neverPoll = { claimPollMs: 600_000, claimPollConnectedMs: 600_000 };
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });
const ready = (): Promise<void> => until(() => expect(bed.server.states().at(-1)).toBe("ready"));
const acknowledged = (count = 1): Promise<void> => until(() => expect(bed.server.acknowledgements).toHaveLength(count));
const hook = (run: string) => ({ run, timeoutMs: 10_000 });
const hooksNoting = (names: readonly string[]) =>
  agentManifest({
    hooks: Object.fromEntries(names.map((name) => [name, hook(`echo "${name}: $TOKEN" >> seen`)])),
  });

function claim(secrets: Readonly<Record<string, string>> = { TOKEN: value }): void {
  bed.server.secrets = secrets;
  bed.server.record = { ...claimedBy("ada"), hasSecrets: true };
  bed.server.send({ kind: "poke" });
}

async function exec(execId: string, command: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  bed.server.send({ kind: "exec_start", execId, command: ["sh", "-c", command], env: { ...env } });
  await until(() => expect(bed.server.exit(execId)).toBeDefined());
  return bed.server.output(execId).toString();
}

describe("a secret", () => {
  test("is in the environment of claim, start and stop hooks and of commands once there is an owner, and not before", async () => {
    bed.server.manifest = hooksNoting(["prewarm", "start", "claim", "stop"]);
    bed.server.secrets = { TOKEN: value };
    bed.start({ startId: "one" });
    await ready();
    expect(bed.server.secretsAsked()).toBe(0);
    claim();
    await acknowledged();
    expect(await exec("a", 'printf %s "$TOKEN"')).toBe(value);
    await bed.stop();
    bed.start({ startId: "two" });
    await acknowledged(2);
    // It says again that it knows its owner before its start hook is through.
    await ready();
    await bed.stop();
    const seen = bed.read("seen").trimEnd().split("\n");
    expect(seen).toEqual([
      "prewarm: ",
      "start: ",
      `claim: ${value}`,
      `stop: ${value}`,
      `start: ${value}`,
      `stop: ${value}`,
    ]);
  });

  test("is never for the prewarm hook, not even in a workspace that has had an owner from its first day", async () => {
    bed.server.manifest = hooksNoting(["prewarm", "start"]);
    claim();
    bed.start({ buildStage: "ordinary" });
    await ready();
    expect(bed.read("seen")).toBe(`prewarm: \nstart: ${value}\n`);
  });

  test("is not asked for while nobody owns the workspace, whatever the server would give", async () => {
    bed.server.record = { ...unclaimed, hasSecrets: true };
    bed.server.secrets = { TOKEN: value };
    bed.server.manifest = hooksNoting(["start"]);
    bed.start();
    await ready();
    await until(() => expect(bed.server.claims()).toBeGreaterThan(0));
    expect(bed.server.secretsAsked()).toBe(0);
    expect(bed.read("seen")).toBe("start: \n");
  });

  test("goes before the template's env, and what a command itself names goes before it", async () => {
    bed.server.manifest = agentManifest({ env: { TOKEN: "of the manifest", OTHER: "of the manifest" } });
    claim();
    bed.start();
    await acknowledged();
    expect(await exec("a", 'echo "$TOKEN, $OTHER"')).toBe(`${value}, of the manifest\n`);
    expect(await exec("b", 'echo "$TOKEN"', { TOKEN: "of the command" })).toBe("of the command\n");
  });

  test("that changes reaches the next command by a poke, and one that is removed is gone", async () => {
    bed.start({ timing: neverPoll });
    await ready();
    claim();
    await acknowledged();
    const after = async (secrets: Readonly<Record<string, string>>): Promise<string> => {
      const before = bed.server.secretsAsked();
      claim(secrets);
      await until(() => expect(bed.server.secretsAsked()).toBe(before + 1));
      return await exec(`after ${before}`, 'echo "$TOKEN"');
    };
    expect(await after({ TOKEN: "another one" })).toBe("another one\n");
    expect(await after({})).toBe("\n");
  });

  test("is looked for again with each connection, and now and then when nobody has said anything", async () => {
    bed.start({ timing: neverPoll });
    claim();
    await acknowledged();
    const before = bed.server.secretsAsked();
    bed.server.cut();
    await until(() => expect(bed.server.secretsAsked()).toBeGreaterThan(before));
    await bed.stop();
    bed.start({ timing: { claimPollMs: 600_000, claimPollConnectedMs: 30 } });
    const again = bed.server.secretsAsked();
    await until(() => expect(bed.server.secretsAsked()).toBeGreaterThan(again + 5));
  });

  test("is in no file of the workspace, and in none of the agent's", async () => {
    bed.server.manifest = agentManifest({
      hooks: {
        start: hook("echo $TOKEN"),
        claim: hook("echo $TOKEN; echo $TOKEN >&2; exit 3"),
        stop: hook("echo $TOKEN"),
      },
    });
    claim();
    bed.start();
    await acknowledged();
    await exec("a", "true");
    const look = (): void => {
      for (const entry of readdirSync(bed.folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = path.join(entry.parentPath, entry.name);
        expect(readFileSync(file, "latin1"), file).not.toContain("hunter2");
      }
    };
    look();
    expect(readFileSync("/proc/self/environ", "latin1")).not.toContain("hunter2");
    await bed.stop();
    look();
  });

  test("is masked in what hooks print, in the reason of a failed one, and in what they leave running", async () => {
    bed.server.manifest = agentManifest({
      hooks: {
        start: hook("(while [ ! -e go ]; do sleep 0.02; done; echo late $TOKEN; touch said) &"),
        claim: hook(`printf 'it is %s' "hunter2 "; sleep 0.05; echo "hunter2!"; echo "no $TOKEN" >&2; exit 3`),
      },
    });
    claim();
    bed.start();
    await acknowledged();
    expect(bed.server.acknowledgements[0]?.error).toContain("Its last line: no ***");
    await until(() => expect(bed.server.lines("claim").toSorted()).toEqual(["it is ***!", "no ***"]));
    claim({ TOKEN: "another one" });
    await until(() => expect(bed.server.secretsAsked()).toBeGreaterThan(1));
    writeFileSync(path.join(bed.home, "go"), "");
    await until(() => expect(bed.server.lines("start")).toEqual(["late ***"]));
    expect(JSON.stringify(bed.server.frames.filter(({ kind }) => kind !== "exec_output"))).not.toContain("hunter2");
  });

  test("is masked in what an agent before this one has left running, though it is heard before the server has answered", async () => {
    bed.server.manifest = agentManifest({
      hooks: { start: hook("(while [ ! -e end ]; do echo left $TOKEN; echo >> said; sleep 0.02; done) & exit 0") },
    });
    claim();
    bed.start();
    await acknowledged();
    await bed.stop();
    bed.server.secrets = undefined;
    bed.server.frames.length = 0;
    bed.start({ timing: { secretsWaitMs: 600_000 } });
    await until(() => expect(bed.server.lines("agent").join()).toContain("could not be fetched"));
    await until(() => expect(bed.read("said").length).toBeGreaterThan(0));
    const said = bed.read("said").length;
    await until(() => expect(bed.read("said").length).toBeGreaterThan(said + 5));
    expect(bed.server.lines("start")).toEqual([]);
    bed.server.secrets = { TOKEN: value };
    await until(() => expect(bed.server.lines("start").length).toBeGreaterThan(0));
    writeFileSync(path.join(bed.home, "end"), "");
    expect(new Set(bed.server.lines("start"))).toEqual(new Set(["left ***"]));
  });

  test("that cannot be opened is named in the workspace's log", async () => {
    bed.server.unopened = ["OLD_KEY"];
    claim();
    bed.start();
    await acknowledged();
    await until(() => expect(bed.server.lines("agent").join()).toContain("left out: OLD_KEY"));
  });
});

describe("secrets that the server does not give", () => {
  const soon = { ...neverPoll, secretsWaitMs: 50 };

  test("keep the claim and the start hook from running, which is said, and commands run and are told", async () => {
    bed.server.manifest = agentManifest({ hooks: { claim: hook("touch claimed"), start: hook("touch started") } });
    bed.start({ timing: soon });
    await ready();
    claim();
    bed.server.secrets = undefined;
    await acknowledged();
    const why = "it was not run: the workspace's secrets could not be fetched: the server answered 500";
    expect(bed.server.acknowledgements[0]?.error).toContain(`The claim hook failed: ${why}`);
    expect(existsSync(path.join(bed.home, "claimed"))).toBe(false);
    expect(await exec("a", "echo ran")).toBe("ran\n");
    expect(bed.server.output("a", "stderr").toString()).toContain("runs without the workspace's secrets");
    await bed.stop();
    bed.start({ startId: "start-2", timing: soon });
    await until(() => expect(bed.server.states().at(-1)).toBe("start_error"));
    await acknowledged(2);
    bed.server.secrets = { TOKEN: value };
    await bed.stop();
    bed.start({ startId: "start-3", timing: soon });
    await acknowledged(3);
    expect(bed.server.acknowledgements[2]).toEqual({ generation: 1, error: null });
    expect(existsSync(path.join(bed.home, "claimed"))).toBe(true);
  });

  test("are asked for again until they are there, with pauses", async () => {
    bed.server.manifest = hooksNoting(["claim"]);
    bed.start({ timing: { ...neverPoll, secretsWaitMs: 600_000 } });
    await ready();
    claim();
    bed.server.secrets = undefined;
    await until(() => expect(bed.server.secretsAsked()).toBeGreaterThan(2));
    expect(bed.server.acknowledgements).toEqual([]);
    bed.server.secrets = { TOKEN: value };
    await acknowledged();
    expect(bed.read("seen")).toBe(`claim: ${value}\n`);
  });

  test("stay what they were while a change cannot be fetched", async () => {
    bed.start({ timing: soon });
    claim();
    await acknowledged();
    bed.server.secrets = undefined;
    bed.server.send({ kind: "poke" });
    await until(() => expect(bed.server.lines("agent").join()).toContain("could not be fetched"));
    expect(await exec("a", 'echo "$TOKEN"')).toBe(`${value}\n`);
  });

  test("keep a hook from running when the template requires one of them", async () => {
    bed.server.manifest = { ...hooksNoting(["claim"]), requiredSecrets: ["TOKEN", "OTHER"] };
    claim();
    bed.start();
    await acknowledged();
    expect(bed.server.acknowledgements[0]?.error).toContain("requires the secret OTHER");
    expect(existsSync(path.join(bed.home, "seen"))).toBe(false);
  });

  test("are forgotten when the server does not know the agent any more", async () => {
    bed.start({ timing: neverPoll });
    await ready();
    claim();
    await acknowledged();
    bed.server.isAgentKnown = false;
    const before = bed.server.claims();
    bed.server.send({ kind: "poke" });
    await until(() => expect(bed.server.claims()).toBeGreaterThan(before));
    // The answer is on its way. A real server ends the connection as well, over which a command comes here.
    let nth = 0;
    await vi.waitFor(async () => expect(await exec(`${(nth += 1)}`, 'echo "$TOKEN"')).toBe("\n"), { timeout: 10_000 });
    expect(bed.server.output(`${nth}`, "stderr").toString()).toContain("without the workspace's secrets");
  });
});
