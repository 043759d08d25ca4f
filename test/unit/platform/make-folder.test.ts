import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "../../../src/platform/make-folder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "prewarm-folder-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a folder that is made", () => {
  it("has those above it made, too, and is made again without harm", () => {
    const folder = path.join(root, "a", "b", "c");
    makeFolder(folder, 0o700);
    makeFolder(folder, 0o755);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(root, "a")).mode & 0o777).toBe(0o700);
  });

  it("may be reached over a link", () => {
    makeFolder(path.join(root, "there"));
    symlinkSync(path.join(root, "there"), path.join(root, "link"));
    makeFolder(path.join(root, "link", "below"));
    expect(statSync(path.join(root, "there", "below")).isDirectory()).toBe(true);
  });

  it("where a file is in the way says so", () => {
    writeFileSync(path.join(root, "file"), "");
    expect(() => makeFolder(path.join(root, "file"))).toThrow(/ENOTDIR/);
    expect(() => makeFolder(path.join(root, "file", "below"))).toThrow(/ENOTDIR/);
  });

  it.skipIf(process.platform !== "linux")("where none can be made is refused, and not tried for ever", () => {
    expect(() => makeFolder("/proc/prewarm/below")).toThrow(/ENOENT|EACCES|EPERM/);
  });
});
