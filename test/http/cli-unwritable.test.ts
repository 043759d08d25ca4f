import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";

const program = path.resolve(import.meta.dirname, "../../bin/prewarm");
const folder = mkdtempSync(path.join(tmpdir(), "prewarm-unwritable-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what nobody can do anything about is told without a stack trace", () => {
  it.runIf(existsSync("/dev/full"))("that standard output is full", () => {
    const full = openSync("/dev/full", "w");
    onTestFinished(() => closeSync(full));
    const done = spawnSync(process.execPath, [program, "--help"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    expect(done.stderr).toBe(
      "error: Standard output cannot be written: no space is left [ENOSPC]\n→ Free some space, or write elsewhere.\n",
    );
    expect(done.status).toBe(1);
  });

  it("that the working folder was deleted, which keeps no command from its work", () => {
    const gone = path.join(folder, "gone");
    const script = `mkdir "${gone}" && cd "${gone}" && rmdir "${gone}" && exec "${process.execPath}" "${program}" context list`;
    const env = { ...process.env, PREWARM_CONFIG_DIR: path.join(folder, "config") };
    const done = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8", env });
    expect(done.stderr).toBe("");
    expect(done.stdout).toContain("No contexts.");
  });
});
