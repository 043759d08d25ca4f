// Tokens of the owner, as scripts and git ask the command coder for them, and what it does not offer.
import { expect, test } from "vitest";
import { runCoder } from "../../../src/agent/coder/coder-program.ts";
import type { CoderWorld } from "../../../src/agent/coder/coder-world.ts";
import { hostOfExternalAuth } from "../../../src/agent/coder/token-commands.ts";
import { launcherScript } from "../../../src/agent/coder/launcher.ts";
import type { GitAnswer, GitAsk } from "../../../src/agent/git/git-words.ts";

const lacking: GitAnswer = { credential: null, notice: "no account is linked for git.example.org: `prewarm git link`" };

async function run(words: readonly string[], answer: (ask: GitAsk) => GitAnswer = () => lacking) {
  const said = {
    out: [] as string[],
    err: [] as string[],
    asked: [] as GitAsk[],
    scripts: [] as Record<string, string>[],
  };
  const world: CoderWorld = {
    print: (text) => said.out.push(text),
    complain: (text) => said.err.push(text),
    ask: async (question) => {
      if (question.kind !== "git") return { outcome: "refused", reason: "nobody asks this here" };
      said.asked.push(question.ask);
      return { outcome: "done", value: answer(question.ask) };
    },
    home: "/home/dev",
    runScript: async (_, variables) => {
      said.scripts.push({ ...variables });
      return 3;
    },
    read: () => null,
    disk: () => ({ blocks: 1, bfree: 1, bsize: 1 }),
    nowMs: () => 0,
    sleep: async () => undefined,
  };
  return { code: await runCoder(words, world), ...said };
}

const ada = (): GitAnswer => ({ credential: { username: "ada", password: "a-token" }, notice: null });

test.each([
  ["github", "github.com"],
  ["primary-github", "github.com"],
  ["gitlab_work", "gitlab.com"],
  ["bitbucket", "bitbucket.org"],
  ["Git.Example.org", "git.example.org"],
  ["git.example.org:8443", "git.example.org:8443"],
  ["vault", null],
  ["https://git.example.org", null],
] as const)("the external auth %s is of the host %s", (id, host) => {
  expect(hostOfExternalAuth(id)).toBe(host);
});

test("external-auth prints the token of a linked account alone", async () => {
  const { code, out, err, asked } = await run(["external-auth", "access-token", "primary-github"], ada);
  expect({ code, out, err }).toEqual({ code: 0, out: ["a-token"], err: [] });
  expect(asked).toEqual([{ operation: "get", protocol: "https", host: "github.com", username: null, password: null }]);
});

test("external-auth says what links an account where there is none, and fails", async () => {
  const { code, out } = await run(["external-auth", "access-token", "git.example.org"]);
  expect({ code, out }).toEqual({ code: 1, out: [lacking.notice] });
  expect(await run(["external-auth", "access-token", "vault"])).toMatchObject({
    code: 1,
    out: [expect.stringContaining('No git host is known for "vault"')],
  });
});

test("git's questions are answered as its askpass", async () => {
  const name = await run(["Username for 'https://git.example.org': "], ada);
  expect(name).toMatchObject({ code: 0, out: ["ada"] });
  const password = await run(["Password for 'https://ada@git.example.org:8443': "], ada);
  expect(password).toMatchObject({ code: 0, out: ["a-token"] });
  expect(password.asked).toMatchObject([{ host: "git.example.org:8443", username: "ada" }]);
});

test("git goes on to the terminal where there is no token, and says why", async () => {
  const { code, out, err } = await run(["Username for 'https://git.example.org': "]);
  expect({ code, out, err }).toEqual({ code: 1, out: [], err: [lacking.notice] });
});

test.each([
  "login",
  "ssh box",
  "exp mcp server",
  "port-forward",
  "external-auth login",
  "tasks",
  "",
])("coder %s is not offered", async (words) => {
  const { code, out, err } = await run(words.split(" "));
  expect(code).toBe(1);
  expect(out).toEqual([]);
  expect(err.join()).toMatch(/is not offered by Prewarm|the usage is/);
});

test("dotfiles are installed by the product's own script, in folders of their own", async () => {
  const plain = await run(["dotfiles", "-y", "https://git.example.org/ada/dotfiles"]);
  expect(plain.code).toBe(3);
  expect(plain.scripts).toMatchObject([
    {
      PREWARM_DOTFILES: "/home/dev/.local/share/prewarm/coder-dotfiles",
      PREWARM_DOTFILES_REPOSITORY: "https://git.example.org/ada/dotfiles",
      PREWARM_DOTFILES_BRANCH: "",
      PREWARM_DOTFILES_HOME: "/home/dev",
    },
  ]);
  const said = await run("dotfiles -b main --symlink-dir /srv/home --repo-dir /srv/dots u".split(" "));
  expect(said.scripts).toMatchObject([
    { PREWARM_DOTFILES: "/srv/dots", PREWARM_DOTFILES_BRANCH: "main", PREWARM_DOTFILES_HOME: "/srv/home" },
  ]);
  expect(await run(["dotfiles"])).toMatchObject({ code: 1, err: [expect.stringContaining("the usage is")] });
});

test("the launcher starts the program by words that mean what they say", () => {
  const script = launcherScript("/tmp/it's", ["/opt/node js", "a'b"]);
  expect(script).toContain(`PREWARM_CODER_FOLDER='/tmp/it'\\''s'`);
  expect(script).toContain(`exec '/opt/node js' 'a'\\''b' "$@"`);
});
