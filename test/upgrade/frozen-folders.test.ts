// The data folders of earlier releases, each of the schema that a release landed with: restored from its own backup, as if
// its machine had been restarted since, and upgraded by this release. `tools/freeze-data-folder.mjs` made them.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { readMigrationFiles } from "../../src/db/migration-files.ts";
import { root } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const fixtures = path.join(root, "test/upgrade/frozen");

interface Facts {
  readonly commit: string;
  /** Name of its newest migration. */
  readonly schema: string;
  readonly token: string;
  readonly password: string;
}

const releases = readdirSync(fixtures)
  .toSorted()
  .map((folder) => {
    const facts = readFileSync(path.join(fixtures, folder, "facts.json"), "utf8");
    return { folder, ...(JSON.parse(facts) as Facts) };
  });

let server: WholeServer;

beforeEach(() => {
  server = new WholeServer({
    PREWARM_PROVISIONER_DRIVERS: "process,fake",
    PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "1s",
    PREWARM_PREBUILDS_BACKOFF_INTERVAL: "1s",
    PREWARM_PREBUILDS_AGENT_LOST_AFTER: "3s",
  });
});

afterEach(async () => server.close());

/** Puts the folder where the server looks for its data. */
async function restore(folder: string, schema: string): Promise<void> {
  const fixture = path.join(fixtures, folder);
  const dataDir = path.join(server.folder, "data");
  mkdirSync(dataDir, { mode: 0o755 });
  const unpacked = spawnSync("tar", ["-xzf", path.join(fixture, "files.tar.gz"), "-C", dataDir, "--no-same-owner"]);
  expect(String(unpacked.stderr)).toBe("");
  const imported = await server.must(["db", "import", path.join(fixture, "backup.prewarm"), "--data-dir", dataDir]);
  expect(imported).toContain(`schema ${schema}`);
}

describe.each(releases)("the data folder of a release with schema $schema", ({ folder, schema, token, password }) => {
  test("is upgraded: people, credentials, files, pools and what was stopped or lost go on", {
    timeout: 240_000,
  }, async () => {
    await restore(folder, schema);
    // The password that the fixture was made with is `WholeServer`'s no more than the folder is.
    await server.start(password);
    const admin = new Client({ url: server.url, token });
    expect(await admin.call("whoAmI", {})).toMatchObject({ username: "admin" });
    const hers = await new Client({ url: server.url }).call("login", { body: { username: "alice", password } });
    const alice = new Client({ url: server.url, token: hers.secret });

    // Stopped before: it starts, and its owner's file is there. Lost with the machine: so it does when started again.
    await server.must("start dev");
    expect(await server.must("exec dev -- cat kept.txt")).toContain("dev");
    await server.must("restart alice/hers");
    const { workspaces } = await alice.call("listWorkspaces", { query: {} });
    expect(workspaces.map(({ name, status }) => ({ name, status }))).toEqual([{ name: "hers", status: "running" }]);
    const hersFolder = path.join(server.folder, "data/provisioner/workspaces", workspaces[0]?.id ?? "");
    expect(readFileSync(path.join(hersFolder, "home/project/kept.txt"), "utf8")).toBe("hers\n");

    // The pool's prebuilds of before lost their agents: others take their place, and are claimed.
    await waitUntil(
      "the pool is full",
      async () => {
        const { pools } = await admin.call("listPools", { query: { template: "starter" } });
        return pools.some((pool) => pool.eligible === 2 && pool.actual === 2);
      },
      90_000,
    );
    expect(await server.must("create after --template starter")).toContain("claimed in");

    const report = await admin.call("doctor", {});
    const errors = report.findings.filter((finding) => finding.severity === "error");
    expect(errors.map(({ check, message }) => ({ check, message }))).toEqual([]);
    expect(report.findings).toContainEqual(expect.objectContaining({ check: "consistency", severity: "ok" }));

    // Nothing of what an earlier release made is out of reach of this one.
    for (const name of ["dev", "alice/hers", "after"]) await server.must(["delete", name, "--yes"]);
    for (const name of ["starter", "steady", "broken"]) await server.must(["templates", "delete", name, "--yes"]);
    const provisioner = path.join(server.folder, "data/provisioner");
    const left = (): readonly string[] =>
      ["workspaces", "fake"].flatMap((folder) =>
        readdirSync(path.join(provisioner, folder)).filter((name) => /[0-9a-f]{8}-/.test(name)),
      );
    await waitUntil(
      () => `everything that was made is gone: ${left().join(", ")}`,
      () => left().length === 0,
      60_000,
    );
  });
});

test("each schema that was frozen with a release has its folder", () => {
  const { commit } = JSON.parse(readFileSync(path.join(root, "test/upgrade/previous-release.json"), "utf8")) as {
    readonly commit: string;
  };
  const commits = releases.map((release) => release.commit);
  expect(commits, "freeze the release before with tools/freeze-data-folder.mjs").toContain(commit);
  const known = readMigrationFiles(path.join(root, "migrations")).map(({ name }) => name);
  expect(releases.filter(({ schema }) => !known.includes(schema))).toEqual([]);
});
