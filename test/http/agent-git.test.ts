// What git in a workspace gets of the tokens that its owner has linked: a real git, and a host that wants to know who comes.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { bundleProgram } from "../support/bundled-program.ts";
import { GitHost } from "../support/git-host.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy } from "../support/scripted-agent-server.ts";

const token = "a-token-of-ada";
const bundled = mkdtempSync(path.join(tmpdir(), "prewarm-git-program-"));
const program = [process.execPath, path.join(bundled, "agent.mjs")];
let bed: AgentBed;
let host: GitHost;

beforeAll(() => bundleProgram("src/main/agent.ts", program[1] ?? ""));
afterAll(() => rmSync(bundled, { recursive: true, force: true }));
beforeEach(async () => {
  bed = new AgentBed();
  host = new GitHost();
  await Promise.all([bed.server.start(), host.start()]);
});
afterEach(async () => {
  await bed.close();
  await host.stop();
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });

/** As the server answers, which knows what it was told last. */
const given = () => {
  const isRefused = bed.server.gitReports.at(-1)?.isRefused ?? false;
  return { json: { outcome: "given", id: "6f6f0a4e-0000-4000-8000-000000000001", username: "ada", token, isRefused } };
};

/** Has the workspace handed over to ada, who has linked the host. */
async function claim(hooks: Parameters<typeof agentManifest>[0] = {}): Promise<void> {
  bed.server.manifest = agentManifest(hooks);
  bed.server.record = claimedBy("ada");
  bed.server.gitCredential = (asked) =>
    asked === host.host ? given() : { json: { outcome: "not_linked", template: "starter" } };
  bed.start({ program });
  await until(() => expect(bed.server.acknowledgements).toHaveLength(1));
}

let count = 0;
async function exec(command: string): Promise<string> {
  count += 1;
  const execId = `exec-${count}`;
  const env = { GIT_TERMINAL_PROMPT: "0" };
  bed.server.send({ kind: "exec_start", execId, command: ["sh", "-c", `{ ${command}; } 2>&1; echo "=$?"`], env });
  await until(() => expect(bed.server.exit(execId)).toBeDefined());
  return bed.server.output(execId).toString();
}

const commit = "git -C repo commit -q --allow-empty -m inside";

test("git clones, commits and pushes over HTTP by the owner's token, which is on no disk of the workspace and in no environment", async () => {
  await claim();
  expect(await exec(`git clone -q ${host.url} repo && ${commit} && git -C repo push -q`)).toBe("=0\n");
  expect(host.git("-C", "repo.git", "log", "--format=%s %an", "-1", "main")).toBe("inside ada Example\n");
  expect(await exec("env; cat /proc/$PPID/environ")).not.toContain(token);
  const files = readdirSync(bed.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const contents = files.map((one) => readFileSync(path.join(one.parentPath, one.name), "latin1"));
  expect(contents.length).toBeGreaterThan(10);
  expect(contents.join("\n")).not.toContain(token);
});

test("settings that a template has for git stay beside the helper, and one that the person has for himself goes before", async () => {
  await claim({ env: { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.abbrev", GIT_CONFIG_VALUE_0: "11" } });
  expect(await exec("git config core.abbrev; git config --get-all credential.helper | wc -l")).toBe("11\n1\n=0\n");
  expect(await exec(`git clone -q ${host.url} first`)).toBe("=0\n");
  await exec("git config --global credential.helper '!echo username=eve; echo password=wrong; true'");
  expect(await exec(`git clone -q ${host.url} repo`)).toContain("Authentication failed");
  // What was refused was none of what the agent gave.
  expect(bed.server.gitReports).toEqual([]);
});

test("a token that the host refuses is told once to the log, and each time to who uses git, with the command that helps", async () => {
  await claim();
  host.token = "another";
  const link = `the token for ${host.host} was refused: link again with \`prewarm git link ${host.host} --username ada --token-stdin\``;
  expect(await exec(`git clone -q ${host.url} repo`)).toContain(`prewarm: ${link}\n`);
  expect(await exec(`git clone -q ${host.url} repo`)).toContain(link);
  await until(() => expect(bed.server.gitReports).not.toEqual([]));
  expect(bed.server.gitReports[0]).toMatchObject({ isRefused: true });
  host.token = token;
  expect(await exec(`git clone -q ${host.url} repo`)).toBe("=0\n");
  await until(() => expect(bed.server.gitReports.at(-1)).toMatchObject({ isRefused: false }));
});

test("where no account is linked git is told how to link one, and goes on to its other helpers", async () => {
  await claim();
  bed.server.gitCredential = () => ({ json: { outcome: "not_linked", template: "starter" } });
  const how = `no account is linked for ${host.host}: \`prewarm git link ${host.host} --username NAME --token-stdin --for starter\``;
  const failed = await exec(`git clone -q ${host.url} repo`);
  expect(failed).toContain(`prewarm: ${how}`);
  expect(failed).toContain("=128");
  await exec(`git clone -q ${host.url} repo`);
  await until(() => expect(bed.server.lines("agent").filter((line) => line.includes(how))).toHaveLength(1));
  await exec(`git config --global credential.helper '!echo username=ada; echo password=${token}; true'`);
  expect(await exec(`git clone -q ${host.url} repo`)).toBe("=0\n");
});

test("no token goes to another host, to one without TLS that is not the machine itself, nor for another name", async () => {
  await claim();
  const fill = (lines: string): Promise<string> => exec(`printf '${lines}\\n\\n' | git credential fill`);
  expect(await fill(`protocol=http\\nhost=${host.host}`)).toContain(`password=${token}`);
  expect(await fill(`protocol=https\\nhost=${host.host.toUpperCase()}`)).toContain(`password=${token}`);
  expect(await fill(`protocol=http\\nhost=${host.host}\\nusername=eve`)).not.toContain(token);
  bed.server.gitCredential = given;
  expect(await fill("protocol=http\\nhost=git.example.org")).not.toContain(token);
  expect(await fill("protocol=https\\nhost=git.example.org/*")).not.toContain(token);
  expect(await fill("protocol=https\\nhost=git.example.org")).toContain(token);
});

test("a token that git was given is masked in the workspace's log, as git sends it, too", async () => {
  const fill = `printf 'protocol=http\\nhost=${host.host}\\n\\n' | git credential fill; echo Basic $(printf %s ada:${token} | base64)`;
  await claim({ hooks: { claim: { run: fill, timeoutMs: 20_000 } } });
  await until(() => expect(bed.server.lines("claim").join("\n")).toContain("Basic ***"));
  const lines = bed.server.lines("claim").join("\n");
  expect(lines).toContain("password=***");
  expect(lines).not.toContain(token);
});

test("git works on without an agent that answers: it says why, and nothing hangs", async () => {
  await claim();
  const helper = (await exec("git config credential.helper")).split("\n")[0]?.slice(1) ?? "";
  bed.server.gitCredential = () => ({ error: "internal" });
  expect(await exec(`printf 'protocol=http\\nhost=${host.host}\\n\\n' | { ${helper} get; }`)).toBe(
    `prewarm: the server did not give a token for ${host.host}: it answered 500\n=0\n`,
  );
  const dead = helper.replace(/'[^']*'$/, "'/nowhere'");
  expect(await exec(`echo | { ${dead} get; }`)).toContain("the workspace's agent was not asked for a token");
});
