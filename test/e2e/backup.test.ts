import { createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../../src/platform/sleep.ts";
import { root } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

let server: WholeServer;
let backup: string;
const dataDir = (): string => path.join(server.folder, "data");
const here = (): readonly string[] => ["--data-dir", dataDir()];

interface Pool {
  readonly eligible: number;
  readonly desired: number;
}

async function json<Value>(words: string): Promise<Value> {
  return JSON.parse(await server.must(`${words} --json`)) as Value;
}

async function poolIsFull(): Promise<void> {
  await waitUntil(
    "the pool is full",
    async () => {
      // A person asks for so much a minute: who asks more often is made to wait.
      await sleep(500);
      const { pools } = await json<{ readonly pools: readonly Pool[] }>("prebuilds list");
      return pools.length > 0 && pools.every((pool) => pool.eligible >= pool.desired);
    },
    120_000,
  );
}

beforeAll(async () => {
  server = new WholeServer({
    PREWARM_PREBUILDS_RECONCILIATION_INTERVAL: "5s",
    // A build that was under way in the backup is abandoned, and the pool pauses for so long.
    PREWARM_PREBUILDS_BACKOFF_INTERVAL: "1s",
  });
  backup = path.join(server.folder, "backup.prewarm");
  await server.start();
  await server.must(["templates", "push", path.join(root, "templates/starter"), "--name", "starter"]);
  await poolIsFull();
}, 120_000);

afterAll(async () => server.close());

describe("a backup", () => {
  test("that is taken under load comes back whole in a new data folder, and its prebuilds are claimed", async () => {
    let created = 0;
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        await server.must(["create", `load-${created}`, "--template", "starter", "--no-wait"]);
        created += 1;
      }
    })();
    await waitUntil("people create workspaces", () => created > 0);
    const exported = await server.must(["db", "export", backup, ...here()]);
    isOver = true;
    await load;
    await server.end("SIGTERM");
    renameSync(path.join(dataDir(), "postgres"), path.join(server.folder, "lost"));
    const imported = await server.must(["db", "import", backup, ...here()]);
    expect(imported).toMatch(/^imported \d+ rows/m);
    expect(exported).toMatch(/^exported \d+ rows of \d+ tables/);
    const again = path.join(server.folder, "again.prewarm");
    await server.must(["db", "export", again, ...here()]);
    expect(rowsOf(again)).toEqual(rowsOf(backup));

    await server.start();
    await poolIsFull();
    // Ready before the backup, or made since: either way it is claimed, and usable.
    expect(await server.must("create after --template starter")).toContain("claimed in");
    expect(await server.must("exec after -- echo it-works")).toContain("it-works");
  }, 240_000);

  test("into a folder that is not there is told in words, and not by a stack trace", async () => {
    const nowhere = await server.run(["db", "export", path.join(server.folder, "none/x.prewarm"), ...here()]);
    expect(nowhere.exitCode).toBe(1);
    expect(nowhere.output).toMatch(/^error: .*none\/x\.prewarm cannot be written: .* \[transfer_file\]\n$/);
  });

  test("never takes the place of a file that is there, unless it is told to", async () => {
    const file = path.join(server.folder, "kept.prewarm");
    writeFileSync(file, "mine");
    const refused = await server.run(["db", "export", file, ...here()]);
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining("[transfer_file_exists]") });
    expect(readFileSync(file, "utf8")).toBe("mine");
    await server.must(["db", "export", file, "--force", ...here()]);
    await expect(
      pipeline(createReadStream(file), createGunzip(), async (chunks) => {
        for await (const _ of chunks) continue;
      }),
    ).resolves.toBeUndefined();
  });

  test.each([
    ["is not there", "nowhere/none.prewarm", undefined, "[transfer_file]"],
    ["is a folder", "data", undefined, "[transfer_file]"],
    ["is something else", "text.prewarm", () => Buffer.from("hello"), "[transfer_not_an_export]"],
    ["is cut off", "cut.prewarm", (whole: Buffer) => whole.subarray(0, whole.length / 2), "[transfer_truncated]"],
    ["was changed on the way", "changed.prewarm", flipped, "[transfer_damaged]"],
  ] as const)("that %s is named as such, and nothing is imported", async (_, name, content, code) => {
    const file = path.join(server.folder, name);
    if (content !== undefined) writeFileSync(file, content(readFileSync(backup)));
    const target = path.join(server.folder, `target-${name.replaceAll(/\W/g, "-")}`);
    const { exitCode, output } = await server.run(["db", "import", file, "--data-dir", target]);
    expect(output).toContain(code);
    expect(output).not.toContain("    at ");
    expect(exitCode).toBe(1);
    if (code === "[transfer_file]") expect(existsSync(target)).toBe(false);
  });
});

/** One bit, in the middle of what is compressed. */
function flipped(whole: Buffer): Buffer {
  const copy = Buffer.from(whole);
  const middle = Math.floor(copy.length / 2);
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

function rowsOf(file: string): unknown {
  const last = gunzipSync(readFileSync(file)).toString("utf8").trimEnd().split("\n").at(-1) ?? "";
  return (JSON.parse(last) as { readonly rows: unknown }).rows;
}
