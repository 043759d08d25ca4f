import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runScripts } from "../../../src/agent/scripts/run-scripts.ts";
import { sourceOf } from "../../../src/agent/scripts/run-script.ts";
import { scriptDataFolder } from "../../../src/agent/scripts/script-folders.ts";
import { hasMarkedMember } from "../../../src/agent/process-group.ts";
import { SecretMasks } from "../../../src/agent/secret-mask.ts";
import type { AgentScript } from "../../../src/contracts/agent-settings.ts";
import { sleep } from "../../../src/platform/sleep.ts";

function script(said: Partial<AgentScript> & Pick<AgentScript, "run">): AgentScript {
  return {
    id: "one",
    name: "One",
    icon: "",
    onStart: true,
    onStop: false,
    cron: null,
    timeoutMs: null,
    logPath: "",
    blocksLogin: false,
    ...said,
  };
}

function bench() {
  const root = mkdtempSync(path.join(tmpdir(), "prewarm-scripts-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const lines: string[] = [];
  const masks = new SecretMasks();
  const abort = new AbortController();
  const run = (scripts: readonly AgentScript[], when: "start" | "stop" = "start") =>
    runScripts({
      scripts,
      when,
      environment: { HOME: root, PATH: "/usr/local/bin:/usr/bin:/bin", GIVEN: "given" },
      directory: "work",
      log: { masks, add: ({ level, source, text }) => lines.push(`${level} ${source}: ${text}`) },
      abort: abort.signal,
      temporaryFolder: root,
      killGraceMs: 1_000,
    });
  return { root, lines, masks, abort, run, file: (name: string) => path.join(root, name) };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

describe("the scripts of a moment", () => {
  test("are those that say so, each with its lines under its name", async () => {
    const { run, lines } = bench();
    const scripts = [
      script({ run: "echo begun; echo trouble >&2" }),
      script({ id: "two", name: "Two", run: "echo ended", onStart: false, onStop: true }),
    ];
    expect(await run(scripts)).toEqual({ failed: [] });
    expect([...lines].sort()).toEqual(["error One: trouble", "info One: begun"]);
    await run(scripts, "stop");
    expect(lines.at(-1)).toBe("info Two: ended");
  });

  test("run beside each other", async () => {
    const { run, file } = bench();
    const meet = (mine: string, other: string): string =>
      `touch ${file(mine)}; while [ ! -e ${file(other)} ]; do sleep 0.01; done`;
    const scripts = [script({ run: meet("a", "b") }), script({ id: "two", run: meet("b", "a") })];
    expect(await run(scripts)).toEqual({ failed: [] });
  });

  test("find their folders, the shared one first on the PATH, and begin in the directory", async () => {
    const { run, lines, root } = bench();
    const print = 'echo "$PWD|$GIVEN|$CODER_SCRIPT_DATA_DIR|$CODER_SCRIPT_BIN_DIR|${PATH%%:*}"';
    await run([script({ run: `${print}; test -d "$CODER_SCRIPT_DATA_DIR" && test -d "$CODER_SCRIPT_BIN_DIR"` })]);
    const shared = `${root}/coder-script-data`;
    expect(lines).toEqual([`info One: ${root}/work|given|${shared}/one|${shared}/bin|${shared}/bin`]);
  });

  test("whose text begins with #! are read by that program, with its one argument", async () => {
    const { run, lines } = bench();
    const text = "#!/usr/bin/awk -f\nBEGIN { print 6 * 7 }\n";
    expect(await run([script({ run: text })])).toEqual({ failed: [] });
    expect(lines).toEqual(["info One: 42"]);
    const { failed } = await run([script({ run: "#!/nowhere/program\n" })]);
    expect(failed[0]?.reason).toContain("could not be started");
  });

  test("that fail are told with what they printed last, and the others go on", async () => {
    const { run } = bench();
    const { failed } = await run([script({ run: "echo boom; exit 3" }), script({ id: "two", run: "true" })]);
    expect(failed).toEqual([
      { id: "one", name: "One", reason: "it exited with 3. Its last line: boom", isTimeout: false },
    ]);
  });

  test("go on after a command that fails, as in a shell", async () => {
    const { run } = bench();
    expect(await run([script({ run: "false; true" })])).toEqual({ failed: [] });
  });

  test("have an id that names no other folder", () => {
    const folders = ["bin", "..", "a/b", "one"].map((id) => scriptDataFolder("/t", id));
    expect(new Set(folders.map((folder) => path.dirname(folder)))).toEqual(new Set(["/t/coder-script-data"]));
    expect(folders[0]).not.toBe("/t/coder-script-data/bin");
    expect(folders[3]).toBe("/t/coder-script-data/one");
  });

  test("have a source of 32 characters at most, cut between characters", () => {
    expect(sourceOf("Code server")).toBe("Code server");
    expect(sourceOf("x".repeat(40))).toBe(`${"x".repeat(31)}…`);
    expect(sourceOf(`${"x".repeat(30)}🚀 and more`)).toBe(`${"x".repeat(30)}…`);
  });
});

describe("a script's end", () => {
  test("is its own, and a server that it has left in the background goes on and is heard", async () => {
    const { run, lines, file } = bench();
    const server = `(while [ ! -e ${file("go")} ]; do sleep 0.01; done; echo still here; touch ${file("done")}) &`;
    expect(await run([script({ run: `${server}\necho started` })])).toEqual({ failed: [] });
    expect(lines).toEqual(["info One: started"]);
    writeFileSync(file("go"), "");
    await until(() => existsSync(file("done")) && lines.length === 2);
    expect(lines[1]).toBe("info One: still here");
  });

  test("comes when it takes too long, with all that it has started", async () => {
    const { run, file } = bench();
    const { failed } = await run([script({ run: `sleep 600 & echo $$ > ${file("pid")}; wait`, timeoutMs: 300 })]);
    expect(failed).toEqual([{ id: "one", name: "One", reason: "it ran longer than 0.3 s", isTimeout: true }]);
    const group = Number(readFileSync(file("pid"), "utf8"));
    // Not by a signal: whoever has ended stays in the group until the machine has taken note of it.
    await until(() => !hasMarkedMember(group, "PREWARM_SCRIPT=start:one"));
  });

  test("comes with the abort, after it had its time to put things away", async () => {
    const { run, abort, file } = bench();
    const text = `trap 'touch ${file("away")}; exit 0' TERM; touch ${file("up")}; while :; do sleep 0.01; done`;
    const running = run([script({ run: text })]);
    await until(() => existsSync(file("up")));
    abort.abort();
    expect(await running).toEqual({ failed: [] });
    expect(existsSync(file("away"))).toBe(true);
  });
});

describe("what a script prints", () => {
  test("is masked, in the log and in its file, which is appended and nobody else's", async () => {
    const { run, lines, masks, file } = bench();
    masks.include(["a-long-secret"]);
    const one = script({ run: "echo the a-long-secret", logPath: "~/logs/one.log" });
    await run([one]);
    await run([one]);
    expect(lines).toEqual(["info One: the ***", "info One: the ***"]);
    expect(readFileSync(file("logs/one.log"), "utf8")).toBe("the ***\nthe ***\n");
    expect(statSync(file("logs/one.log")).mode & 0o777).toBe(0o600);
  });

  test("goes below /tmp where its path is relative", async () => {
    const { run, root } = bench();
    const logPath = `prewarm-test-${path.basename(root)}.log`;
    onTestFinished(() => rmSync(path.join("/tmp", logPath), { force: true }));
    await run([script({ run: "echo here", logPath })]);
    expect(readFileSync(path.join("/tmp", logPath), "utf8")).toBe("here\n");
  });

  test("is in the log all the same where its file cannot be written, which is said once", async () => {
    const { run, lines, file } = bench();
    writeFileSync(file("taken"), "");
    expect(await run([script({ run: "echo a; echo b", logPath: file("taken/one.log") })])).toEqual({ failed: [] });
    expect(lines.filter((line) => line.includes("cannot be written"))).toHaveLength(1);
    expect(lines.slice(1)).toEqual(["info One: a", "info One: b"]);
  });
});

test("a script whose program cannot be one says so, and holds no pipe for ever", async () => {
  const { run, file } = bench();
  const held = (): number =>
    readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith(file("coder-script-data"))).length;
  writeFileSync(file("plain"), "");
  const { failed } = await run([script({ run: `#!${file("plain")}/program\n` })]);
  expect(failed).toEqual([
    { id: "one", name: "One", reason: "it could not be started: spawn ENOTDIR", isTimeout: false },
  ]);
  await until(() => held() === 0);
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}
