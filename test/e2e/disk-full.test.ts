import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const diskMiB = 220;
const chunk = Buffer.alloc(1024 * 1024);
let server: WholeServer;
let disk = "";

function mount(folder: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${diskMiB}m,mode=755`, "tmpfs", folder]).status === 0;
}

const canMount = process.getuid?.() === 0 && spawnSync("mount", ["--version"]).status === 0;

beforeAll(() => {
  server = new WholeServer({ PREWARM_PROVISIONER_DRIVERS: "process" });
  disk = path.join(server.folder, "data");
});
afterAll(async () => {
  await server.close().catch(() => undefined);
  spawnSync("umount", ["--lazy", disk]);
  rmSync(server.folder, { recursive: true, force: true });
});

function fill(): void {
  const file = openSync(path.join(disk, "filler"), "w");
  try {
    for (;;) writeSync(file, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}

const readiness = async (): Promise<number> => (await fetch(`${server.url}/readyz`)).status;

describe("a full disk", () => {
  test.runIf(canMount)(
    "makes what writes and /readyz answer 503, is named by doctor, and is over by itself when there is room",
    async ({ skip }) => {
      mkdirSync(disk);
      if (!mount(disk)) skip("nothing can be mounted here");
      await server.start();
      await server.must(["templates", "push", path.join(root, "templates/starter"), "--name", "starter"]);
      fill();
      // Small writes find room in blocks that are there, until they need a new one.
      let refused = "";
      for (let nth = 0; nth < 400 && refused === ""; nth += 1) {
        const { exitCode, output } = await server.run(["tokens", "create", `t${nth}`]);
        if (exitCode !== 0) refused = output;
      }
      expect(refused).toContain("[database_unavailable]");
      expect(refused).toContain("no room");
      expect(await readiness()).toBe(503);
      expect((await server.run("doctor")).output).toContain("requests that write are answered");

      rmSync(path.join(disk, "filler"));
      await waitUntil("the server is ready again", async () => (await readiness()) === 200, 30_000);
      await server.must("create after --template starter");
      expect((await server.run("doctor")).output).not.toContain("requests that write are answered");
    },
    240_000,
  );
});
