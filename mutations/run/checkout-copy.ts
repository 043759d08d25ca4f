import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageRoot } from "../../src/main/version.ts";
import type { Edit } from "../mutation.ts";
import { applyEdit } from "./apply-edit.ts";

/** A copy of this checkout in a temporary folder: mutations are made there, and never where somebody works. */
export class CheckoutCopy {
  readonly path: string;
  readonly #originals = new Map<string, string>();

  /** What git knows or would know, with what was built so that little is built anew, and the packages by a link. */
  constructor() {
    const files = filesOfCheckout();
    this.path = mkdtempSync(path.join(tmpdir(), "prewarm-mutation-"));
    try {
      // Tests that run programs as another account have to get through.
      chmodSync(this.path, 0o755);
      for (const file of [...files, "dist"]) {
        const from = path.join(packageRoot, file);
        if (existsSync(from)) cpSync(from, path.join(this.path, file), { recursive: true, preserveTimestamps: true });
      }
      symlinkSync(path.join(packageRoot, "node_modules"), path.join(this.path, "node_modules"));
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Errors: an edit that does not apply any more; then nothing has changed. */
  mutate(edits: readonly Edit[]): void {
    const changed = new Map<string, string>();
    for (const edit of edits) {
      const file = path.join(this.path, edit.file);
      changed.set(file, applyEdit(changed.get(file) ?? readFileSync(file, "utf8"), edit));
    }
    for (const [file, text] of changed) {
      this.#originals.set(file, readFileSync(file, "utf8"));
      writeFileSync(file, text);
    }
  }

  /** Takes all edits back. */
  restore(): void {
    for (const [file, text] of this.#originals) writeFileSync(file, text);
    this.#originals.clear();
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function filesOfCheckout(): readonly string[] {
  const list: SpawnSyncReturns<string> = spawnSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: packageRoot, encoding: "utf8", maxBuffer: 16 * 1_048_576 },
  );
  if (list.status !== 0) throw new Error("A mutation needs a git checkout.");
  // A link by that name is not ignored as the folder is.
  return list.stdout.split("\0").filter((file) => file !== "" && file !== "node_modules");
}
