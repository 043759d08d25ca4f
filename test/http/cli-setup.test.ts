import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CliWorld } from "../../src/cli/world.ts";
import { type CliBench, cliBench } from "../support/cli-run.ts";
import { codedAnswer, type ScriptedApi, type Scripts, startScriptedApi } from "../support/scripted-api.ts";

const user = {
  id: "77777777-7777-4777-8777-777777777777",
  username: "admin",
  name: "Administrator",
  email: null,
  role: "administrator",
  organizations: [],
  createdAt: "2030-01-01T00:00:00.000Z",
};

async function arrange(
  scripts: Scripts = {},
  world: Partial<CliWorld> = {},
): Promise<{ readonly api: ScriptedApi; readonly bench: CliBench }> {
  const api = await startScriptedApi({
    scripts: {
      setUp: () => ({ json: { username: "admin" } }),
      login: () => ({ json: { secret: "s1", user, expiresAt: "2030-02-01T00:00:00.000Z" } }),
      ...scripts,
    },
  });
  const bench = cliBench(world);
  onTestFinished(async () => {
    bench.dispose();
    await api.close();
  });
  return { api, bench };
}

function keepLink(bench: CliBench, text: string): void {
  mkdirSync(path.join(bench.folder, "data"), { recursive: true });
  writeFileSync(path.join(bench.folder, "data/setup-link"), text);
}

describe("setup", () => {
  it("takes the link of this checkout's data folder, and signs in", async () => {
    const { api, bench } = await arrange();
    keepLink(bench, `${api.url}/setup#setup_abc\n`);
    bench.stdin.end("pass word\n");
    const done = await bench.run("setup", "--password-stdin");
    expect(done).toMatchObject({
      exitCode: 0,
      stdout: `admin has a password at ${api.url} now, and you are signed in.\n`,
    });
    expect(api.calls("setUp")[0]?.body).toEqual({ secret: "setup_abc", password: "pass word" });
    const kept = JSON.parse(readFileSync(path.join(bench.folder, "config/contexts.json"), "utf8"));
    expect(kept).toMatchObject({ contexts: [{ url: api.url, token: "s1", username: "admin", kind: "session" }] });
  });

  it.each([
    ["a link", (url: string) => [`${url}/setup#setup_abc`, "--password-stdin"], "pass word\n"],
    ["a token", (url: string) => [url, "--token", "setup_abc", "--password-stdin"], "pass word\n"],
    [
      "both lines of standard input",
      (url: string) => [url, "--token-stdin", "--password-stdin"],
      "setup_abc\npass word\n",
    ],
  ])("takes %s from elsewhere, and with --no-login keeps no session", async (_, words, stdin) => {
    const { api, bench } = await arrange();
    bench.stdin.end(stdin);
    const done = await bench.run("setup", ...words(api.url), "--no-login");
    expect(done).toMatchObject({ exitCode: 0, stdout: `admin has a password at ${api.url} now.\n`, stderr: "" });
    expect(api.calls("setUp")[0]?.body).toEqual({ secret: "setup_abc", password: "pass word" });
    expect(api.calls("login")).toEqual([]);
  });

  it("asks for the password twice, without showing it, and sends nothing when the two differ", async () => {
    const { api, bench } = await arrange({}, { isInputTerminal: true, isErrorTerminal: true });
    keepLink(bench, `${api.url}/setup#setup_abc\n`);
    const running = bench.run("setup");
    await typed(bench, "Password of the administrator", "pass word\r");
    await typed(bench, "once more", "pass wort\r");
    const differing = await running;
    expect(differing.exitCode).toBe(1);
    expect(differing.stderr).toContain("The two new passwords differ.");
    expect(differing.stderr).not.toContain("pass wor");
    expect(api.calls("setUp")).toEqual([]);
  });

  it("says where it looked when there is no link and nobody to ask", async () => {
    const { bench } = await arrange();
    const done = await bench.run("setup");
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain(`none is in ${path.join(bench.folder, "data/setup-link")}: there is no such file`);
    expect(done.stderr).toContain("[setup_link_invalid]");
  });

  it("tells the server's refusal where there is an administrator already, and keeps nothing", async () => {
    const { api, bench } = await arrange({ setUp: () => codedAnswer(409, "already_set_up") });
    bench.stdin.end("pass word\n");
    const done = await bench.run("setup", `${api.url}/setup#setup_abc`, "--password-stdin");
    expect(done).toMatchObject({ exitCode: 1, stdout: "" });
    expect(done.stderr).toContain("[already_set_up]");
    expect((await bench.run("context", "list", "-q")).stdout).toBe("");
  });
});

async function typed(bench: CliBench, question: string, answer: string): Promise<void> {
  await expect.poll(() => bench.written().stderr).toContain(question);
  bench.stdin.write(answer);
}
