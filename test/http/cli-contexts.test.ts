import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { type ScriptedApi, startScriptedApi } from "../support/scripted-api.ts";

const user = { id: "77777777-7777-4777-8777-777777777777", username: "ann", name: "Ann", email: null, role: "member" };

async function server(): Promise<ScriptedApi> {
  const whoAmI = () => ({ json: { ...user, organizations: [], createdAt: "2030-01-01T00:00:00.000Z" } });
  const logout = () => ({ json: {} });
  const api = await startScriptedApi({ scripts: { whoAmI, logout } });
  onTestFinished(() => api.close());
  return api;
}

function bench(env: Readonly<Record<string, string>> = {}): CliBench {
  const made = cliBench({ env });
  onTestFinished(() => made.dispose());
  return made;
}

const sessionOf = (url: string, token: string) => ({ url, token, username: "ann", kind: "session", expiresAt: null });

function store(cli: CliBench, file: string, content: unknown): void {
  mkdirSync(path.join(cli.folder, "config"), { recursive: true });
  writeFileSync(path.join(cli.folder, "config", file), JSON.stringify(content));
}

async function twoServers() {
  const [one, two] = [await server(), await server()];
  const cli = bench();
  store(cli, "contexts.json", {
    current: "one",
    contexts: [
      { name: "one", ...sessionOf(one.url, "t1") },
      { name: "two", ...sessionOf(two.url, "t2") },
    ],
  });
  return { one, two, cli };
}

it("commands go to the current context, and with --context to another", async () => {
  const { one, two, cli } = await twoServers();
  await cli.run("whoami");
  await cli.run("whoami", "--context", "two");
  expect([one.calls("whoAmI")[0]?.token, two.calls("whoAmI")[0]?.token]).toEqual(["t1", "t2"]);
});

it("`context use` changes which one is the current one, and a list shows all without their tokens", async () => {
  const { two, cli } = await twoServers();
  expect((await cli.run("context", "use", "two")).exitCode).toBe(0);
  await cli.run("whoami");
  expect(two.calls("whoAmI")).toHaveLength(1);
  const { stdout } = await cli.run("context", "list", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    contexts: [
      { name: "one", isCurrent: false },
      { name: "two", isCurrent: true },
    ],
  });
  expect(stdout).not.toMatch(/t1|t2/);
  expect((await cli.run("context", "ls", "-q")).stdout).toBe("one\ntwo\n");
});

it("a token goes to the server that gave it alone, whatever the environment says", async () => {
  const { one, two, cli } = await twoServers();
  const other = await server();
  const to = async (url: string) => {
    const elsewhere = cliBench({ env: { PREWARM_URL: url, PREWARM_CONFIG_DIR: path.join(cli.folder, "config") } });
    const done = await elsewhere.run("whoami");
    elsewhere.dispose();
    return done.exitCode;
  };
  expect(await to(two.url)).toBe(0);
  expect(two.calls("whoAmI")[0]?.token).toBe("t2");
  expect(await to(other.url)).toBe(1);
  expect(other.requests).toHaveLength(0);
  expect(one.requests).toHaveLength(0);
});

it("signing out forgets the current context, and takes no other in its place by itself", async () => {
  const { one, two, cli } = await twoServers();
  expect((await cli.run("logout")).exitCode).toBe(0);
  expect(one.calls("logout")).toHaveLength(1);
  const done = await cli.run("whoami");
  expect(done.exitCode).toBe(1);
  expect(done.stderr).toContain("`prewarm context use NAME` chooses one of two");
  expect(two.requests).toHaveLength(0);
});

it("a context that does not exist is named with those that do", async () => {
  const { cli } = await twoServers();
  for (const words of [
    ["whoami", "--context", "three"],
    ["context", "use", "three"],
    ["context", "rm", "three"],
  ]) {
    const done = await cli.run(...words);
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("There are: one, two.");
  }
});

it("`login --context` adds a server beside the others, and signing in again renews its own", async () => {
  const { one, cli } = await twoServers();
  cli.stdin.end("t3\n");
  expect((await cli.run("login", one.url, "--token-stdin", "--context", "again")).exitCode).toBe(0);
  const { contexts } = JSON.parse((await cli.run("context", "list", "--json")).stdout);
  expect(contexts.map(({ name, isCurrent }: { name: string; isCurrent: boolean }) => [name, isCurrent])).toEqual([
    ["again", true],
    ["one", false],
    ["two", false],
  ]);
});

it("the session file of a release before contexts is a context, and moves at the next change", async () => {
  const api = await server();
  const cli = bench();
  store(cli, "session.json", sessionOf(api.url, "old"));
  expect((await cli.run("whoami")).exitCode).toBe(0);
  expect(api.calls("whoAmI")[0]?.token).toBe("old");
  const name = new URL(api.url).host;
  expect((await cli.run("context", "list", "-q")).stdout).toBe(`${name}\n`);
  await cli.run("context", "use", name);
  expect(existsSync(path.join(cli.folder, "config", "session.json"))).toBe(false);
  expect(JSON.parse(readFileSync(path.join(cli.folder, "config", "contexts.json"), "utf8"))).toMatchObject({
    current: name,
  });
});

it("a configuration folder that cannot be read is told in words", async () => {
  const cli = bench();
  // Root reads everything, so the folder is a file.
  const file = path.join(cli.folder, "config");
  writeFileSync(file, "");
  chmodSync(file, 0o600);
  for (const words of [["whoami"], ["logout"], ["context", "list"]]) {
    const done = await cli.run(...words);
    expect(done.exitCode, words.join(" ")).toBe(1);
    expect(done.stderr).toMatch(
      /^error: The session file .* cannot be read: .*\[config_invalid\]\n→ Set PREWARM_CONFIG_DIR/,
    );
  }
});
