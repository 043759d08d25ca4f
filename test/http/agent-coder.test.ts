// An agent that Coder's templates have started: what its scripts and its owner's commands find, and the command coder.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { bundleProgram } from "../support/bundled-program.ts";
import { GitHost } from "../support/git-host.ts";
import { AgentBed } from "../support/running-agent.ts";
import { agentManifest, claimedBy } from "../support/scripted-agent-server.ts";
import { makeSshKey } from "../../src/platform/ssh-ed25519.ts";

const bundled = mkdtempSync(path.join(tmpdir(), "prewarm-coder-program-"));
const program = [process.execPath, path.join(bundled, "agent.mjs")];
let bed: AgentBed;

beforeAll(() => bundleProgram("src/main/agent.ts", program[1] ?? ""));
afterAll(() => rmSync(bundled, { recursive: true, force: true }));
beforeEach(async () => {
  bed = new AgentBed();
  await bed.server.start();
});
afterEach(() => bed.close());

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });
const start = (buildStage = "prebuild"): void => bed.start({ program, isCoder: true, buildStage });
const acknowledged = (): Promise<void> => until(() => expect(bed.server.acknowledgements).toHaveLength(1));

let count = 0;
async function exec(command: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  count += 1;
  const execId = `exec-${count}`;
  bed.server.send({ kind: "exec_start", execId, command: ["sh", "-c", `{ ${command}; } 2>&1; echo "=$?"`], env });
  await until(() => expect(bed.server.exit(execId)).toBeDefined());
  return bed.server.output(execId).toString();
}

async function claimed(changes: Parameters<typeof agentManifest>[0] = {}, buildStage = "prebuild"): Promise<void> {
  bed.server.manifest = agentManifest({ workspaceName: "prebuild-x", ownerName: "prebuilds", ...changes });
  bed.server.record = claimedBy("ada");
  start(buildStage);
  await acknowledged();
}

const variables =
  'echo "$CODER $CODER_WORKSPACE_NAME $CODER_WORKSPACE_OWNER_NAME $CODER_WORKSPACE_AGENT_NAME $CODER_WORKSPACE_ID"';

test("hooks of a prebuild are told that it is nobody's yet, and the claim hook and commands whose it is and its name", async () => {
  const hook = { run: `${variables} >> seen`, timeoutMs: 10_000 };
  bed.server.manifest = agentManifest({
    workspaceName: "prebuild-x",
    ownerName: "prebuilds",
    hooks: { prewarm: hook, start: hook, claim: hook, stop: hook },
  });
  start();
  await until(() => expect(bed.server.states().at(-1)).toBe("ready"));
  bed.server.record = claimedBy("ada");
  bed.server.send({ kind: "poke" });
  await acknowledged();
  const [before, after] = ["true prebuild-x prebuilds main workspace-1\n", "true dev ada main workspace-1\n"];
  expect(await exec(variables)).toBe(`${after}=0\n`);
  await bed.stop();
  expect(bed.read("seen")).toBe(`${before}${before}${after}${after}`);
});

test("what Coder's scripts need is set: the address with its slash, the token, and folders on the PATH for the user alone", async () => {
  await claimed({ env: { PATH: `/of/the/template:${process.env["PATH"]}` } });
  const said = (
    await exec('echo "$CODER_AGENT_URL $CODER_AGENT_TOKEN"; echo "$CODER_SCRIPT_BIN_DIR"; echo "$PATH"')
  ).split("\n");
  const folder = path.join(bed.folder, "coder-agent-1");
  const scripts = path.join(folder, "coder-script-data/bin");
  expect(said.slice(0, 2)).toEqual([`${bed.server.url}/ agent-token`, scripts]);
  expect(said[2]?.startsWith(`${scripts}:${folder}/bin:/of/the/template:`)).toBe(true);
  for (const each of [folder, scripts]) expect(statSync(each).mode & 0o777).toBe(0o700);
  expect(
    await exec(
      'printf "#!/bin/sh\\necho mine\\n" > "$CODER_SCRIPT_BIN_DIR/tool"; chmod +x "$CODER_SCRIPT_BIN_DIR/tool"; tool',
    ),
  ).toBe("mine\n=0\n");
  expect(bed.warnings).toEqual([]);
});

test("an agent that another provisioner has started has none of it", async () => {
  bed.server.record = claimedBy("ada");
  bed.start({ program });
  await acknowledged();
  expect(await exec("env | grep -c CODER; command -v coder")).toMatch(/^0\n=(1|127)\n$/);
});

test("coder stat says what is used here, and what is not offered is refused in words", async () => {
  await claimed();
  expect(await exec("coder stat mem --host")).toMatch(/^[\d.]+\/[\d.]+ [KMGT]iB \(\d+%\)\n=0\n$/);
  expect(await exec("coder stat disk --path /tmp")).toMatch(/^[\d.]+\/[\d.]+ [KMGT]iB \(\d+%\)\n=0\n$/);
  expect(await exec("coder stat cpu")).toMatch(/^[\d.]+\/[\d.]+ cores \(\d+%\)\n=0\n$/);
  expect(await exec("coder login")).toBe("coder: login is not offered by Prewarm\n=1\n");
});

test("scripts of a start wait for each other by coder exp sync, in hooks and commands alike", async () => {
  const run = [
    "coder exp sync want ide clone",
    "(coder exp sync start ide && echo ide >> order) & waiting=$!",
    "coder exp sync start clone && echo clone >> order && coder exp sync complete clone",
    "wait $waiting",
  ].join("\n");
  await claimed({ hooks: { start: { run, timeoutMs: 30_000 } } }, "ordinary");
  expect(bed.read("order")).toBe("clone\nide\n");
  expect(await exec("coder exp sync list")).toBe("ide: started, after clone (completed)\nclone: completed\n=0\n");
  expect(await exec("coder exp sync want clone ide")).toBe(
    "coder: clone would wait for itself: clone -> ide -> clone\n=1\n",
  );
  expect(await exec("coder exp sync ping")).toBe("The agent answers.\n=0\n");
});

test("the claim of a prebuild has every unit begin anew, as its scripts do", async () => {
  const start = { run: "coder exp sync want ide clone && coder exp sync complete clone", timeoutMs: 30_000 };
  const claim = { run: "coder exp sync status clone >> seen", timeoutMs: 30_000 };
  await claimed({ hooks: { start, claim } });
  expect(bed.read("seen")).toBe("clone: pending, may start\n");
  expect(await exec("coder exp sync status ide")).toBe("ide: pending, after clone (pending)\n=0\n");
});

test("the owner's token is given for a host's name, to git as its askpass, and what links one is said where there is none", async () => {
  const host = new GitHost();
  await host.start();
  try {
    bed.server.gitCredential = (asked) =>
      asked === host.host
        ? {
            json: {
              outcome: "given",
              id: "6f6f0a4e-0000-4000-8000-000000000001",
              username: "ada",
              token: host.token,
              isRefused: false,
            },
          }
        : { json: { outcome: "not_linked", template: "starter" } };
    await claimed();
    expect(await exec(`coder external-auth access-token ${host.host}`)).toBe(`${host.token}\n=0\n`);
    const lacking = await exec("coder external-auth access-token github");
    expect(lacking).toMatch(/^no account is linked for github\.com: `prewarm git link .*\n=1\n$/);
    // Its helper taken away, git has the askpass alone.
    const clone = `GIT_CONFIG_COUNT=0 git clone -q ${host.url} repo && cat repo/README.md`;
    expect(await exec(clone, { GIT_TERMINAL_PROMPT: "0" })).toBe("of the host=0\n");
  } finally {
    await host.stop();
  }
});

test("git's ssh is coder gitssh where the owner has a key, which starts ssh alone, and what a template says stays", async () => {
  bed.server.sshKey = makeSshKey().privateKey;
  bed.server.manifest = agentManifest();
  bed.server.record = { ...claimedBy("ada"), hasSecrets: true };
  start();
  await acknowledged();
  const fake = `mkdir -p bin; printf '#!/bin/sh\\necho "ssh $*"\\n' > bin/ssh; chmod +x bin/ssh; PATH="$PWD/bin:$PATH"; export PATH`;
  expect(await exec(`${fake}; sh -c "$GIT_SSH_COMMAND git@git.example.org upload"`)).toBe(
    "ssh -o StrictHostKeyChecking=accept-new git@git.example.org upload\n=0\n",
  );
  bed.server.sshKey = undefined;
  bed.server.record = claimedBy("ada");
  const asked = bed.server.claims();
  bed.server.send({ kind: "poke" });
  await until(() => expect(bed.server.claims()).toBeGreaterThan(asked));
  let last = "set\n";
  for (let tries = 0; last.startsWith("set") && tries < 200; tries += 1)
    last = await exec('echo "${GIT_SSH_COMMAND:+set}"');
  expect(last).toBe("\n=0\n");
});

test("coder dotfiles clones a repository and links it, where it is told to", async () => {
  const host = new GitHost();
  host.token = null;
  await host.start();
  try {
    host.commit({ ".vimrc": "set number" });
    await claimed();
    expect(await exec(`coder dotfiles -y ${host.url}`)).toMatch(/linked ~\/\.vimrc\n=0\n$/);
    expect(bed.read(".vimrc")).toBe("set number");
    expect(await exec(`coder dotfiles -y --symlink-dir "$HOME/other" ${host.url}`)).toMatch(/=0\n$/);
    expect(bed.read("other/.vimrc")).toBe("set number");
    host.commit({ "install.sh": '#!/bin/sh\necho "$FROM_MANIFEST $NODE_OPTIONS"; exit 7\n' });
    const again = await exec(`coder dotfiles -y ${host.url}`, { NODE_OPTIONS: "--no-warnings" });
    expect(again).toMatch(/running install\.sh\nyes --no-warnings\n=7\n$/);
  } finally {
    await host.stop();
  }
});

test("a command that was swept away is there again for whoever comes next, and an agent that is restarted has the same", async () => {
  await claimed();
  const folder = path.join(bed.folder, "coder-agent-1");
  rmSync(folder, { recursive: true });
  // Who comes first may come too early.
  await exec("true");
  await until(() => expect(existsSync(path.join(folder, "socket"))).toBe(true));
  expect(await exec("coder exp sync ping")).toBe("The agent answers.\n=0\n");
  await exec('touch "$CODER_SCRIPT_BIN_DIR/kept"');
  await bed.stop();
  bed.server.acknowledgements.length = 0;
  start();
  await acknowledged();
  expect(await exec('ls "$CODER_SCRIPT_BIN_DIR"; coder exp sync list')).toBe("kept\nThere are no units.\n=0\n");
});

test("a folder that somebody else has put there is not used, and the agent says so", async () => {
  symlinkSync("/tmp", path.join(bed.folder, "coder-agent-1"));
  await claimed();
  expect(await exec('echo "$CODER ${CODER_SCRIPT_BIN_DIR-none}"; command -v coder')).toMatch(/^true none\n=(1|127)\n$/);
  expect(bed.warnings.join()).toContain("is not a folder of this user alone");
});

test("one that takes the place of a folder that was swept away is not used either", async () => {
  await claimed();
  const folder = path.join(bed.folder, "coder-agent-1");
  expect(await exec("command -v coder")).toBe(`${folder}/bin/coder\n=0\n`);
  rmSync(folder, { recursive: true });
  mkdirSync(folder, { mode: 0o777 });
  chmodSync(folder, 0o777);
  expect(await exec("command -v coder")).toMatch(/^=(1|127)\n$/);
  expect(bed.warnings.join()).toContain("is not a folder of this user alone");
});
