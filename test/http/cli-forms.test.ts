import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { sampleWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import type { CliBench } from "../support/cli-run.ts";
import { codedAnswer } from "../support/scripted-api.ts";
import { waitUntil } from "../support/wait-until.ts";

const workspaces = [sampleWorkspace({ name: "one" }), sampleWorkspace({ name: "two" })];
const list = { listWorkspaces: () => ({ json: { workspaces, total: 2 } }) };

describe("the form of a result", () => {
  it("is JSON with --json and with -o json alike", async () => {
    const { bench } = await cliAgainst(list);
    const { stdout } = await bench.run("list", "--json");
    expect(JSON.parse(stdout)).toEqual({ workspaces, total: 2 });
    expect((await bench.run("list", "-o", "json")).stdout).toBe(stdout);
  });

  it("is YAML that says what the JSON says, with -o yaml", async () => {
    const { bench } = await cliAgainst(list);
    expect(parse((await bench.run("list", "-o", "yaml")).stdout)).toEqual({ workspaces, total: 2 });
  });

  it("has more columns with -o wide", async () => {
    const { bench } = await cliAgainst(list);
    expect((await bench.run("ls")).stdout).not.toContain(workspaces[0]?.id);
    expect((await bench.run("ls", "-o", "wide")).stdout).toContain(workspaces[0]?.id);
  });

  it("is names alone with --quiet, and with the owner where that is needed", async () => {
    const { bench } = await cliAgainst(list);
    expect(await bench.run("list", "--quiet")).toEqual({ exitCode: 0, stdout: "one\ntwo\n", stderr: "" });
    const { owner } = workspaces[0] ?? { owner: "" };
    expect((await bench.run("list", "--all", "-q")).stdout).toBe(`${owner}/one\n${owner}/two\n`);
  });

  it("is nothing at all with --quiet where there is nothing", async () => {
    const { bench } = await cliAgainst({ listWorkspaces: () => ({ json: { workspaces: [], total: 0 } }) });
    expect((await bench.run("list", "-q")).stdout).toBe("");
  });

  it("still gives a secret that is shown this once with --quiet", async () => {
    const token = { id: "77777777-7777-4777-8777-777777777777", expiresAt: "2030-02-01T00:00:00.000Z" };
    const { bench } = await cliAgainst({ createToken: () => ({ json: { token, secret: "s3cret" }, status: 201 }) });
    expect((await bench.run("tokens", "create", "ci", "-q")).stdout).toBe("s3cret\n");
  });

  it.each([
    [["list", "--json", "-o", "yaml"], "exclude each other"],
    [["list", "-q", "-o", "json"], "takes no other format"],
    [["list", "-o", "xml"], "must be one of text, wide, json, yaml"],
  ])("refuses %j", async (words, reason) => {
    const { bench } = await cliAgainst(list);
    const done = await bench.run(...words);
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toContain(reason);
  });
});

describe("an error", () => {
  const refusing = {
    listWorkspaces: () =>
      ({
        ...codedAnswer(403, "forbidden"),
        json: { error: { code: "forbidden", message: "No." }, requestId: "r-17" },
      }) as const,
  };

  it("names the request, by which an administrator finds it in the log", async () => {
    const { bench } = await cliAgainst(refusing);
    expect((await bench.run("list")).stderr).toContain("  request r-17\n");
    expect(JSON.parse((await bench.run("list", "--json")).stderr)).toMatchObject({ error: { requestId: "r-17" } });
  });

  it("is YAML with -o yaml, also when the command line is wrong", async () => {
    const { bench } = await cliAgainst(refusing);
    expect(parse((await bench.run("list", "-o", "yaml")).stderr)).toMatchObject({ error: { code: "forbidden" } });
    expect(parse((await bench.run("list", "--output=yaml", "--nope")).stderr)).toMatchObject({
      error: { code: "usage" },
    });
  });
});

describe("a watched list", () => {
  const terminal = { isOutputTerminal: true, terminalSize: () => ({ columns: 120, rows: 24 }) };
  const seen = (bench: CliBench, text: string) =>
    waitUntil("the text was written", () => bench.written().stdout.includes(text));

  it("is written again when it changes, as one JSON line each, and ends with Ctrl-C and 0", async () => {
    const { bench } = await cliAgainst({
      listWorkspaces: (_request, attempt) => ({
        json: { workspaces: workspaces.slice(0, attempt < 2 ? 1 : 2), total: 2 },
      }),
    });
    const running = bench.run("list", "--watch", "--json");
    await seen(bench, "two");
    bench.raise("SIGINT");
    const { exitCode, stdout } = await running;
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).workspaces.length)).toEqual([1, 2]);
  });

  it("comes as YAML documents with -o yaml", async () => {
    const { bench } = await cliAgainst(list);
    const running = bench.run("list", "-w", "-o", "yaml");
    await seen(bench, "two");
    bench.raise("SIGINT");
    expect(parseAllDocuments((await running).stdout)).toHaveLength(1);
  });

  it("is drawn over on a terminal, and shows why it cannot be had for a while", async () => {
    const { bench } = await cliAgainst(
      {
        listWorkspaces: (_request, attempt) =>
          attempt === 1 ? list.listWorkspaces() : codedAnswer(503, "database_unavailable"),
      },
      terminal,
    );
    const running = bench.run("list", "--watch");
    await seen(bench, "[database_unavailable]");
    bench.raise("SIGINT");
    const { exitCode, stdout } = await running;
    expect(exitCode).toBe(0);
    expect(stdout.split("\u001b[H").length).toBeGreaterThan(2);
    expect(stdout).toContain("\u001b[J");
  });

  it("ends at once with an error that does not pass", async () => {
    const { bench } = await cliAgainst({ listWorkspaces: () => codedAnswer(403, "forbidden") }, terminal);
    expect((await bench.run("list", "--watch")).exitCode).toBe(1);
  });
});
