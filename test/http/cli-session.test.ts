import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { codedAnswer, type ScriptedApi, type Scripts, startScriptedApi } from "../support/scripted-api.ts";

const open: { api: ScriptedApi; bench: CliBench }[] = [];
afterEach(async () => {
  for (const { api, bench } of open.splice(0)) {
    bench.dispose();
    await api.close();
  }
});

const ann = {
  id: "77777777-7777-4777-8777-777777777777",
  username: "ann",
  name: "Ann",
  email: null,
  role: "member",
  organizations: [],
  createdAt: "2030-01-01T00:00:00.000Z",
};

async function arrange(scripts: Scripts = {}): Promise<{ api: ScriptedApi; bench: CliBench; file: string }> {
  const api = await startScriptedApi({
    scripts: {
      login: () => ({ json: { secret: "s1", user: ann, expiresAt: "2030-02-01T00:00:00.000Z" } }),
      whoAmI: () => ({ json: ann }),
      logout: () => ({ json: {} }),
      listTokens: () => ({ json: { tokens: [], total: 0 } }),
      ...scripts,
    },
  });
  const bench = cliBench();
  open.push({ api, bench });
  return { api, bench, file: path.join(bench.folder, "config", "contexts.json") };
}

async function signIn(bench: CliBench, url: string): Promise<void> {
  bench.stdin.end("pass word\n");
  const done = await bench.run("login", url, "--username", "ann", "--password-stdin");
  expect(done.exitCode).toBe(0);
}

describe("login", () => {
  it("reads the password from standard input and keeps the session for its owner's eyes alone", async () => {
    const { api, bench, file } = await arrange();
    await signIn(bench, api.url);
    expect(api.calls("login")[0]?.body).toEqual({ username: "ann", password: "pass word" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    const who = await bench.run("whoami", "--json");
    expect(JSON.parse(who.stdout)).toEqual({ url: api.url, user: ann, unread: null });
    expect(api.calls("whoAmI")[0]?.token).toBe("s1");
  });

  it("tightens a session file that others could read", async () => {
    const { api, bench, file } = await arrange();
    await mkdir(path.dirname(file), { recursive: true });
    writeFileSync(file, "{}", { mode: 0o644 });
    await signIn(bench, api.url);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("takes an API token, after asking the server whose it is", async () => {
    const { api, bench, file } = await arrange();
    bench.stdin.end("t1\n");
    const done = await bench.run("login", api.url, "--token-stdin");
    expect(done.stdout).toBe(`Signed in to ${api.url} as ann.\n`);
    const stored = { token: "t1", username: "ann", kind: "api" };
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ contexts: [stored] });
  });

  it("keeps nothing when the server refuses", async () => {
    const { api, bench, file } = await arrange({ login: () => codedAnswer(401, "invalid_credentials") });
    bench.stdin.end("wrong\n");
    const done = await bench.run("login", api.url, "--username", "ann", "--password-stdin");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("[invalid_credentials]");
    expect(() => statSync(file)).toThrow("ENOENT");
  });

  it("says how to sign in where nobody can be asked", async () => {
    const { api, bench } = await arrange();
    const done = await bench.run("login", api.url);
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("→ Use `--username U --password-stdin` or `--token-stdin`.");
  });

  it.each([
    [["ftp://example.org"], "is not the address of a server"],
    [["http://h", "--password-stdin"], "--password-stdin needs --username"],
    [["http://h", "--token-stdin", "--password-stdin", "--username", "u"], "exclude each other"],
  ])("is wrong usage with %j", async (words, message) => {
    const done = await (await arrange()).bench.run("login", ...words);
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain(message);
  });
});

describe("the session", () => {
  it("is ended on the server and forgotten by logout", async () => {
    const { api, bench, file } = await arrange();
    await signIn(bench, api.url);
    const done = await bench.run("logout");
    expect(done.stdout).toBe(`Signed out of ${api.url}.\n`);
    expect(api.calls("logout")[0]?.token).toBe("s1");
    expect(() => statSync(file)).toThrow("ENOENT");
  });

  it("is ended with all others, and with API tokens, by logout --all, also when it came from an API token", async () => {
    const { api, bench, file } = await arrange({ logoutAll: () => ({ json: { ended: 3 } }) });
    bench.stdin.end("t1\n");
    await bench.run("login", api.url, "--token-stdin");
    const done = await bench.run("logout", "--all");
    expect(done.stderr).toContain("3 sessions and API tokens are ended");
    expect(api.calls("logoutAll")).toMatchObject([{ token: "t1", body: { apiTokens: true } }]);
    expect(() => statSync(file)).toThrow("ENOENT");
  });

  it("is forgotten though the server is gone", async () => {
    const { api, bench, file } = await arrange();
    await signIn(bench, api.url);
    await api.close();
    const done = await bench.run("logout");
    expect(done.exitCode).toBe(0);
    expect(done.stderr).toContain("could not be ended on the server");
    expect(() => statSync(file)).toThrow("ENOENT");
  });

  it("that came from an API token leaves the token alive at logout", async () => {
    const { api, bench } = await arrange();
    bench.stdin.end("t1\n");
    await bench.run("login", api.url, "--token-stdin");
    await bench.run("logout");
    expect(api.calls("logout")).toHaveLength(0);
  });

  it("gives way to PREWARM_URL and PREWARM_TOKEN", async () => {
    const [first, second] = [await arrange(), await arrange()];
    await signIn(first.bench, first.api.url);
    const env = { ...first.bench.world.env, PREWARM_URL: second.api.url, PREWARM_TOKEN: "from-env" };
    const bench = cliBench({ env });
    await bench.run("tokens", "list");
    bench.dispose();
    expect(second.api.calls("listTokens")[0]?.token).toBe("from-env");
  });

  it("never sends its token to another server that PREWARM_URL names", async () => {
    const [first, second] = [await arrange(), await arrange()];
    await signIn(first.bench, first.api.url);
    const bench = cliBench({ env: { ...first.bench.world.env, PREWARM_URL: second.api.url } });
    const done = await bench.run("tokens", "list");
    bench.dispose();
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain(`→ Run \`prewarm login ${second.api.url}\`, or set PREWARM_TOKEN.`);
    expect(second.api.requests).toHaveLength(0);
  });

  it("that is damaged is named, with the way out", async () => {
    const { bench, file } = await arrange();
    await mkdir(path.dirname(file), { recursive: true });
    writeFileSync(file, "{");
    const done = await bench.run("whoami");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain(`The session file ${file} is damaged. [config_invalid]`);
  });
});
