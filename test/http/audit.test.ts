// The audit log through the API and the command line.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { AuditEntry } from "../../src/contracts/api/audit.ts";
import { cliAgainst } from "../support/cli-against-api.ts";
import { cliBench } from "../support/cli-run.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let ann: Client;

beforeAll(async () => {
  server = await startTestServer();
  ann = await server.member("ann");
  await server.admin.call("pausePrebuilds", {});
  await server.admin.call("resumePrebuilds", {});
  for (const name of ["one", "two", "three"]) await ann.call("createToken", { body: { name } });
});

afterAll(async () => server.stop());

function cli(client: Client) {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: client.token ?? "" } });
  onTestFinished(bench.dispose);
  return bench;
}

test("an administrator reads all of it, page by page; a member what he did", async () => {
  const all = await server.admin.call("listAudit", { query: {} });
  expect(all.entries.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    "ann token.create",
    "ann token.create",
    "ann token.create",
    "admin prebuilds.resume",
    "admin prebuilds.pause",
    "admin user.create",
  ]);
  expect(all.next).toBeNull();
  const first = await server.admin.call("listAudit", { query: { limit: 4 } });
  const second = await server.admin.call("listAudit", { query: { limit: 4, before: first.next ?? "" } });
  expect([...first.entries, ...second.entries]).toEqual(all.entries);
  const own = await ann.call("listAudit", { query: {} });
  expect(own.entries.map(({ target }) => target.name)).toEqual(["three", "two", "one"]);
});

test("what a filter cannot be is refused with its name", async () => {
  const invalid = { status: 400, code: "invalid_request" };
  await expect(server.admin.call("listAudit", { query: { before: "yesterday" } })).rejects.toMatchObject(invalid);
  await expect(server.admin.call("listAudit", { query: { since: "yesterday" } })).rejects.toMatchObject(invalid);
  await expect(server.admin.call("listAudit", { query: { limit: 501 } })).rejects.toMatchObject(invalid);
  await expect(server.admin.call("listAudit", { query: { until: "2030-02-31T25:00:00Z" } })).rejects.toMatchObject({
    ...invalid,
    message: expect.stringContaining("until") as string,
  });
});

test("`prewarm audit list` shows it as a table and as JSON, and says how to go on", async () => {
  const shown = await cli(server.admin).run("audit", "list", "--action", "prebuilds");
  expect(shown.stdout).toMatch(/^AT \(UTC\) +ACTOR +ACTION +TARGET +WHY\n/);
  expect(shown.stdout).toMatch(/ admin +prebuilds\.resume +prebuilds *\n.* admin +prebuilds\.pause +prebuilds/);
  const page = await cli(server.admin).run("audit", "list", "--actor", "ann", "--limit", "2");
  const [, before = ""] = /^2 shown; --before (\S+) shows what came before\./.exec(page.stderr) ?? [];
  const rest = await cli(server.admin).run("audit", "list", "--actor", "ann", "--before", before, "--json");
  expect(JSON.parse(rest.stdout)).toMatchObject({ entries: [{ target: { kind: "token", name: "one" } }], next: null });
  expect((await cli(ann).run("audit", "list", "--kind", "user")).stdout).toBe("Nothing that you may see.\n");
  expect((await cli(server.admin).run("audit", "list", "--until", "2020-01-01")).stdout).toContain("Nothing");
});

test.each([
  ["--since", "yesterday"],
  ["--since", "2030-02-31T25:00Z"],
  ["--before", "the last one"],
  ["--kind", "car"],
  ["--limit", "0"],
])("`prewarm audit list %s %s` is called wrongly", async (flag, value) => {
  const done = await cli(server.admin).run("audit", "list", flag, value);
  expect(done.exitCode).toBe(2);
  expect(done.stderr).toContain(flag);
});

describe("the search for entries that are few", () => {
  function entry(id: number): AuditEntry {
    return {
      id,
      at: "2030-01-01T09:00:00.000Z",
      actor: null,
      organization: null,
      action: "orphan.remove",
      target: { kind: "workspace", id: null, name: "" },
      reason: null,
      detail: { daemon: "host-1", deletedAt: null },
    };
  }

  test("goes on by itself until there are as many as were asked for", async () => {
    let asked = 0;
    const { api, bench } = await cliAgainst({
      listAudit: () => {
        asked += 1;
        return { json: { entries: asked % 2 === 0 ? [entry(asked)] : [], next: `1893488400000-${asked}` } };
      },
    });
    const done = await bench.run("audit", "list", "--limit", "2", "--since", "8h", "--organization", "lab");
    expect(done.stdout).toMatch(/ – +orphan\.remove +workspace +daemon=host-1\n/);
    expect(done.stderr).toBe("2 shown; --before 1893488400000-4 shows what came before.\n");
    expect(api.calls("listAudit").map(({ query }) => query)).toEqual([
      { limit: "2", since: "2030-01-01T04:00:00.000Z", organization: "lab" },
      { limit: "2", since: "2030-01-01T04:00:00.000Z", organization: "lab", before: "1893488400000-1" },
      { limit: "1", since: "2030-01-01T04:00:00.000Z", organization: "lab", before: "1893488400000-2" },
      { limit: "1", since: "2030-01-01T04:00:00.000Z", organization: "lab", before: "1893488400000-3" },
    ]);
  });

  test("ends after a while, and says how far back it came", async () => {
    const { api, bench } = await cliAgainst({
      listAudit: () => ({ json: { entries: [], next: "1893488400000-7" } }),
    });
    const done = await bench.run("audit", "list", "--action", "user.delete");
    expect(done.stdout).toBe("Nothing that you may see.\n");
    expect(done.stderr).toBe("Looked back to 2030-01-01T09:00:00.000Z; --before 1893488400000-7 looks further.\n");
    expect(api.calls("listAudit")).toHaveLength(20);
  });
});
