import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseIgnoreFile } from "../../../src/platform/archive/ignore-patterns.ts";
import { replacePacked } from "../../../src/platform/archive/replace-packed.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "prewarm-replace-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Two folders with these files, and how one is put in place of the other. */
function bed(there: readonly string[], fresh: readonly string[], ignored = "") {
  for (const [name, files] of Object.entries({ there, fresh })) {
    mkdirSync(path.join(root, name));
    for (const file of files) {
      mkdirSync(path.dirname(path.join(root, name, file)), { recursive: true });
      writeFileSync(path.join(root, name, file), name);
    }
  }
  return {
    folder: path.join(root, "there"),
    fresh: path.join(root, "fresh"),
    aside: path.join(root, "aside"),
    rule: parseIgnoreFile(ignored),
  };
}

function contents(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)));
  return Object.fromEntries(paths.toSorted().map((name) => [name, readFileSync(path.join(folder, name), "utf8")]));
}

test("what a push would pack is replaced, the rest stays, and what was there is aside", () => {
  const replacing = bed(["a", "old/b", "lib/c", "lib/c.log", ".git/HEAD", "new.log"], ["a", "lib/d", "new.log"], "*.log");
  expect(replacePacked(replacing)).toBeNull();
  expect(contents(replacing.folder)).toEqual({
    ".git/HEAD": "there",
    a: "fresh",
    "lib/c.log": "there",
    "lib/d": "fresh",
    "new.log": "fresh",
  });
  expect(readdirSync(replacing.folder)).not.toContain("old");
  expect(contents(replacing.aside)).toEqual({ a: "there", "lib/c": "there", "new.log": "there", "old/b": "there" });
});

test("where something is in the way, all is taken back", () => {
  const replacing = bed(["a", "old/deep/b", "z/kept.log"], ["a", "c", "z"], "*.log");
  const { mode } = statSync(path.join(replacing.folder, "old"));
  expect(replacePacked(replacing)).toMatchObject({ isTakenBack: true, error: { code: "conflict" } });
  expect(contents(replacing.folder)).toEqual({ a: "there", "old/deep/b": "there", "z/kept.log": "there" });
  expect(statSync(path.join(replacing.folder, "old")).mode).toBe(mode);
  expect(contents(replacing.aside)).toEqual({});
});

test("a link is replaced itself, and not what it leads to", () => {
  const replacing = bed(["a"], ["lib/b"]);
  mkdirSync(path.join(root, "elsewhere"));
  writeFileSync(path.join(root, "elsewhere/mine"), "mine");
  symlinkSync(path.join(root, "elsewhere"), path.join(replacing.folder, "lib"));
  expect(replacePacked(replacing)).toBeNull();
  expect(contents(replacing.folder)).toEqual({ "lib/b": "fresh" });
  expect(contents(path.join(root, "elsewhere"))).toEqual({ mine: "mine" });
});

test("it is told when not all could be taken back", () => {
  const replacing = bed(["a", "b"], ["a"]);
  // `a` is aside by then, and somebody has put a folder in its place.
  const rule = (name: string, isFolder: boolean): boolean => {
    if (name === "b") {
      mkdirSync(path.join(replacing.folder, "a/full"), { recursive: true });
      throw new Error("trouble");
    }
    return parseIgnoreFile("")(name, isFolder);
  };
  expect(replacePacked({ ...replacing, rule })).toMatchObject({ isTakenBack: false });
  expect(contents(replacing.aside)).toEqual({ a: "there" });
});
