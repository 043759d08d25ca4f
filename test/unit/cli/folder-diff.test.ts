import { describe, expect, it } from "vitest";
import { folderDiff as folderDiffIn } from "../../../src/cli/output/folder-diff.ts";

type Files = Parameters<typeof folderDiffIn>[0];
const folderDiff = (before: Files, after: Files) => folderDiffIn(before, after, { monotonicMs: () => 0 });

type Content = string | Buffer | { readonly content: string; readonly isExecutable: true };
const files = (contents: Readonly<Record<string, Content>>) =>
  new Map(
    Object.entries(contents).map(([path, content]) => {
      const isPlain = typeof content === "string" || Buffer.isBuffer(content);
      return [path, { bytes: Buffer.from(isPlain ? content : content.content), isExecutable: !isPlain }];
    }),
  );

describe("the difference of two folders", () => {
  it("is empty when they are the same", () => {
    const one = { "template.yaml": "driver: fake\n", "run.sh": { content: "true\n", isExecutable: true } as const };
    expect(folderDiff(files(one), files(one))).toEqual({ added: [], removed: [], changed: [], text: "" });
  });

  it("shows lines with those around them, and what was added and removed", () => {
    const lines = Array.from({ length: 9 }, (_, nth) => `line ${nth}\n`);
    const before = files({ "a.txt": lines.join(""), "gone.txt": "bye\n" });
    const after = files({ "a.txt": lines.with(4, "other\n").join(""), "b/new.txt": "hello" });
    const diff = folderDiff(before, after);
    expect(diff).toMatchObject({ added: ["b/new.txt"], removed: ["gone.txt"], changed: ["a.txt"] });
    expect(diff.text).toBe(
      "--- a/a.txt\n+++ b/a.txt\n@@ -2,7 +2,7 @@\n line 1\n line 2\n line 3\n-line 4\n+other\n line 5\n line 6\n line 7\n" +
        "--- /dev/null\n+++ b/b/new.txt\n@@ -0,0 +1,1 @@\n+hello\n\\ No newline at end of file\n" +
        "--- a/gone.txt\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-bye\n",
    );
  });

  it("says of what is no text, or too long, only that it differs", () => {
    const long = "x\n".repeat(600_000);
    const before = files({ image: Buffer.from([1, 0, 2]), latin: Buffer.from([0xe9]), long });
    const after = files({ image: Buffer.from([1, 0, 3]), latin: Buffer.from([0xe8]), long: `${long}y` });
    expect(folderDiff(before, after).text).toBe(
      ["image", "latin", "long"].map((name) => `Binary files a/${name} and b/${name} differ\n`).join(""),
    );
  });

  it("tells that a file has become executable", () => {
    const diff = folderDiff(files({ run: "true\n" }), files({ run: { content: "true\n", isExecutable: true } }));
    expect(diff).toMatchObject({ changed: ["run"], text: "run: is executable now\n" });
  });

  it("of two long files that have nothing in common ends in time", () => {
    const lines = (word: string) =>
      Array.from({ length: 60_000 }, (_, nth) => `${word} ${(nth * 7919) % 60_000}\n`).join("");
    const time = { monotonicMs: () => 0, fileMs: 20 };
    const { text } = folderDiffIn(files({ long: lines("a") }), files({ long: lines("b") }), time);
    expect(text).toMatch(/^(Files a\/long and b\/long differ too much|--- a\/long)/);
  });

  it("of many files ends in time, and names those that it did not come to", () => {
    let nowMs = 0;
    const time = { monotonicMs: () => (nowMs += 10), allMs: 25 };
    const { changed, text } = folderDiffIn(files({ a: "1", b: "1", c: "1" }), files({ a: "2", b: "2", c: "2" }), time);
    expect(changed).toEqual(["a", "b", "c"]);
    expect(text).toContain("+++ b/b\n");
    expect(text).toMatch(/Files a\/c and b\/c differ too much to be shown\n$/);
  });

  it("has each path on one line, whatever it holds", () => {
    const before = files({ "a\nb": Buffer.from([0]), "c\nd": "" });
    const after = files({ "a\nb": Buffer.from([0, 1]), "c\nd": { content: "", isExecutable: true } });
    expect(folderDiff(before, after).text).toBe(
      "Binary files a/a\\nb and b/a\\nb differ\nc\\nd: is executable now\n",
    );
  });
});
