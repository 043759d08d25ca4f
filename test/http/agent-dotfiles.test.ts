// What an agent does with the dotfiles of its workspace's owner: a real git, and a host with a repository of them.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ClaimRecord } from "../../src/contracts/agent-protocol.ts";
import { bundleProgram } from "../support/bundled-program.ts";
import { GitHost } from "../support/git-host.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy, unclaimed } from "../support/scripted-agent-server.ts";

type Source = NonNullable<NonNullable<ClaimRecord["dotfiles"]>["source"]>;

let bed: AgentBed;
let host: GitHost;
beforeEach(async () => {
  bed = new AgentBed();
  host = new GitHost();
  host.token = null;
  await Promise.all([bed.server.start(), host.start()]);
});
afterEach(async () => {
  await bed.close();
  await host.stop();
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });
const lines = (): string => bed.server.lines("dotfiles").join("\n");
const home = (...names: readonly string[]): string => path.join(bed.home, ...names);

function record(changes: Partial<Source> = {}, runs = 0): ClaimRecord {
  const source = { repository: host.url, branch: "", folder: "", ...changes };
  return { ...claimedBy("ada"), dotfiles: { runs, source } };
}

/** How often a run has come to its end, well or not. */
const ends = (): number =>
  bed.server.lines("dotfiles").filter((line) => /^The dotfiles (are|fail|were)/.test(line)).length;
const ended = (count: number): Promise<void> => until(() => expect(ends()).toBe(count));

function look(of: ClaimRecord): void {
  bed.server.record = of;
  bed.server.send({ kind: "poke" });
}

/** Resolves when the agent has looked once more. */
async function looked(): Promise<void> {
  const before = bed.server.claims();
  bed.server.send({ kind: "poke" });
  await until(() => expect(bed.server.claims()).toBeGreaterThan(before));
  bed.server.send({ kind: "poke" });
  await until(() => expect(bed.server.claims()).toBeGreaterThan(before + 1));
}

const counting = '#!/bin/sh\necho run >> "$HOME/runs"\n';
const runs = (): number => bed.read("runs").split("\n").length - 1;

test("the first script that may be executed is run as the owner, once for a claim, and never before there is one", async () => {
  const install = '#!/bin/sh\necho "$PREWARM_OWNER in $PWD" >> "$HOME/seen"\necho done\n';
  host.commit({ "install.sh": "may not be executed", install, setup: '#!/bin/sh\necho wrong >> "$HOME/seen"\n' });
  bed.server.record = { ...record(), ...unclaimed };
  bed.start();
  await until(() => expect(bed.server.states().at(-1)).toBe("ready"));
  await looked();
  expect(existsSync(home(".local"))).toBe(false);
  look(record());
  await ended(1);
  expect(bed.read("seen")).toBe(`ada in ${home(".local/share/prewarm/dotfiles")}\n`);
  expect(lines()).toContain(
    "install.sh may not be executed (git update-index --chmod=+x install.sh), and is passed over",
  );
  expect(lines()).toContain("running install\ndone\nThe dotfiles are there.");
  await looked();
  await bed.stop();
  bed.start({ startId: "start-2" });
  await until(() => expect(bed.server.acknowledgements).toHaveLength(2));
  await until(() => expect(bed.server.states().at(-1)).toBe("ready"));
  await looked();
  // It would have been begun by now.
  await bed.stop();
  expect(bed.read("../state/dotfiles.json")).toContain('"start-1"');
  expect(bed.read("seen").split("\n")).toHaveLength(2);
});

test("without a script the dot-files of the folder are linked, and what was there is kept under another name", async () => {
  host.commit({
    "home/.bashrc": "new",
    "home/.config/tool/settings": "new",
    "home/.gitignore": "not for a home",
    "home/a file": "no dot-file",
    ".profile": "not in the folder",
  });
  mkdirSync(home(".config/other"), { recursive: true });
  writeFileSync(home(".bashrc"), "of before");
  bed.server.record = record({ folder: "home" });
  bed.start();
  await ended(1);
  expect(lines()).toContain("linked ~/.bashrc");
  expect(bed.read(".bashrc")).toBe("new");
  expect(bed.read(".config/tool/settings")).toBe("new");
  expect(readlinkSync(home(".bashrc"))).toBe(home(".local/share/prewarm/dotfiles/home/.bashrc"));
  expect(lstatSync(home(".config")).isSymbolicLink()).toBe(false);
  expect(existsSync(home(".config/other"))).toBe(true);
  const kept = readdirSync(bed.home).filter((name) => /^\.bashrc\.before-dotfiles-\d{8}T\d{6}Z$/.test(name));
  expect(kept.map((name) => bed.read(name))).toEqual(["of before"]);
  expect(readdirSync(bed.home).filter((name) => [".gitignore", "a file", ".profile"].includes(name))).toEqual([]);
});

test("another run, which somebody asks for, has what the repository has by then, and keeps nothing twice", async () => {
  host.commit({ ".vimrc": "first" });
  bed.server.record = record();
  bed.start();
  await ended(1);
  host.commit({ ".vimrc": "second", ".zshrc": "new" });
  look(record({}, 1));
  await ended(2);
  expect([bed.read(".vimrc"), bed.read(".zshrc")]).toEqual(["second", "new"]);
  expect(readdirSync(bed.home).filter((name) => name.includes("before-dotfiles"))).toEqual([]);
  await looked();
  expect(ends()).toBe(2);
});

test("a run that was asked for is begun within one look, also when nobody has said so", async () => {
  host.commit({ install: counting });
  bed.server.record = record();
  bed.start({ timing: { claimPollMs: 600_000, claimPollConnectedMs: 30 } });
  await ended(1);
  // No poke: the news of it were lost.
  bed.server.record = record({}, 1);
  await ended(2);
  expect(runs()).toBe(2);
});

test("what fails is in the log and in the agent's detail, is tried again at the next start, and keeps nobody out", async () => {
  host.commit({ install: "#!/bin/sh\necho no such package >&2\nexit 3\n" });
  bed.server.record = record();
  bed.start();
  await ended(1);
  const failed = "The dotfiles failed: it exited with 3. Its last line: no such package";
  expect(lines()).toContain(failed);
  const told = (): unknown => bed.server.frames.findLast((frame) => frame.kind === "state");
  await until(() => expect(told()).toMatchObject({ state: "ready", detail: failed }));
  expect(bed.server.acknowledgements[0]).toEqual({ generation: 1, error: null });
  await bed.stop();
  host.commit({ install: counting });
  bed.start({ startId: "start-2" });
  await ended(2);
  expect(runs()).toBe(1);
  await until(() => expect(told()).toMatchObject({ state: "ready", detail: "" }));
});

test("an agent that is ended while they run ends them, and the next one begins anew", async () => {
  const slow = '#!/bin/sh\necho run >> "$HOME/runs"\n[ -e "$HOME/go" ] || sleep 600\necho whole >> "$HOME/runs"\n';
  host.commit({ install: slow });
  bed.server.record = record();
  bed.start();
  await until(() => expect(bed.read("runs")).toBe("run\n"));
  expect(bed.server.acknowledgements, "it is usable meanwhile").toHaveLength(1);
  await bed.stop();
  writeFileSync(home("go"), "");
  bed.start();
  await ended(1);
  expect(bed.read("runs")).toBe("run\nrun\nwhole\n");
});

test("dotfiles that are set, or changed, after the claim wait for the next start, and one who switches them off has none", async () => {
  host.commit({ install: counting });
  const off: ClaimRecord = { ...claimedBy("ada"), dotfiles: { runs: 0, source: null } };
  bed.server.record = off;
  bed.start();
  await until(() => expect(bed.server.acknowledgements).toHaveLength(1));
  look(record());
  await looked();
  expect(existsSync(home("runs"))).toBe(false);
  await bed.stop();
  bed.start({ startId: "start-2" });
  await ended(1);
  look(record({ branch: "main" }));
  await looked();
  expect(runs()).toBe(1);
  look({ ...off, dotfiles: { runs: 3, source: null } });
  await looked();
  await bed.stop();
  bed.start({ startId: "start-3" });
  await until(() => expect(bed.server.acknowledgements).toHaveLength(3));
  await looked();
  await bed.stop();
  expect(bed.read("../state/dotfiles.json")).toContain('"start-2"');
  expect(runs()).toBe(1);
});

test("a home that is new at a start gets them again, and another owner's workspace has his own and none of before", async () => {
  host.commit({ install: counting });
  bed.server.record = record();
  bed.start();
  await ended(1);
  await bed.stop();
  rmSync(bed.home, { recursive: true });
  bed.start({ startId: "start-2" });
  await ended(2);
  expect(runs()).toBe(1);
  look({ ...claimedBy("eve", 2), dotfiles: { runs: 0, source: null } });
  await until(() => expect(bed.server.acknowledgements.at(-1)?.generation).toBe(2));
  await looked();
  expect(ends()).toBe(2);
});

test("what a person has changed in the clone stays, and another repository leaves the one of before beside it", async () => {
  host.commit({ ".vimrc": "first" });
  bed.server.record = record();
  bed.start();
  await ended(1);
  writeFileSync(home(".vimrc"), "mine");
  host.commit({ ".vimrc": "second" });
  look(record({}, 1));
  await ended(2);
  expect(bed.read(".vimrc")).toBe("mine");
  expect(lines()).toContain("The dotfiles failed: ");
  host.git("clone", "-q", "--bare", "repo.git", "other.git");
  look(record({ repository: host.url.replace("repo", "other") }, 2));
  await ended(3);
  expect(bed.read(".vimrc")).toBe("second");
  const kept = readdirSync(home(".local/share/prewarm")).filter((name) => name.startsWith("dotfiles.before-dotfiles-"));
  expect(kept.map((name) => bed.read(`.local/share/prewarm/${name}/.vimrc`))).toEqual(["mine"]);
});

test("a repository that wants to know who comes gets a token of the owner, or they fail without asking anybody", async () => {
  host.commit({ install: counting });
  host.token = "a-token-of-ada";
  bed.server.manifest = agentManifest();
  bed.server.record = record();
  bed.start({ program });
  await ended(1);
  expect(lines()).toContain(`prewarm git link ${host.host}`);
  expect(lines()).toContain("terminal prompts disabled");
  const id = "6f6f0a4e-0000-4000-8000-000000000001";
  bed.server.gitCredential = () => ({
    json: { outcome: "given", id, username: "ada", token: "a-token-of-ada", isRefused: false },
  });
  look(record({}, 1));
  await ended(2);
  expect(runs()).toBe(1);
});

const bundled = mkdtempSync(path.join(tmpdir(), "prewarm-dotfiles-program-"));
const program = [process.execPath, path.join(bundled, "agent.mjs")];
beforeAll(() => bundleProgram("src/main/agent.ts", program[1] ?? ""));
afterAll(() => rmSync(bundled, { recursive: true, force: true }));
