import { describe, expect, it } from "vitest";
import { folderDiff } from "../../../src/platform/archive/folder-diff.ts";

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
      "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -2,7 +2,7 @@\n line 1\n line 2\n line 3\n-line 4\n+other\n line 5\n line 6\n line 7\n" +
        "diff --git a/b/new.txt b/b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/b/new.txt\n@@ -0,0 +1,1 @@\n+hello\n\\ No newline at end of file\n" +
        "diff --git a/gone.txt b/gone.txt\ndeleted file mode 100644\n--- a/gone.txt\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-bye\n",
    );
  });

  it("says of what is no text, or too long, only that it differs", () => {
    const long = "x\n".repeat(600_000);
    const before = files({ image: Buffer.from([1, 0, 2]), latin: Buffer.from([0xe9]), long });
    const after = files({ image: Buffer.from([1, 0, 3]), latin: Buffer.from([0xe8]), long: `${long}y` });
    expect(folderDiff(before, after).text).toBe(
      ["image", "latin", "long"].map((name) => `diff --git a/${name} b/${name}\nBinary files differ\n`).join(""),
    );
  });

  it("tells that a file has become executable", () => {
    const diff = folderDiff(files({ run: "true\n" }), files({ run: { content: "true\n", isExecutable: true } }));
    expect(diff).toMatchObject({
      changed: ["run"],
      text: "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n",
    });
  });

  it("of two long files that have nothing in common ends in time", () => {
    const lines = (word: string) =>
      Array.from({ length: 60_000 }, (_, nth) => `${word} ${(nth * 7919) % 60_000}\n`).join("");
    const { text } = folderDiff(files({ long: lines("a") }), files({ long: lines("b") }), 20);
    expect(text).toMatch(/^diff --git a\/long b\/long\n(Files differ too much|--- a\/long)/);
  });

  it("of very many such files ends in time too, and names each", () => {
    const lines = (word: string) =>
      Array.from({ length: 5_000 }, (_, nth) => `${word} ${(nth * 7919) % 5_000}\n`).join("");
    const names = Array.from({ length: 40 }, (_, nth) => `long-${nth}`);
    const all = (content: string) => files(Object.fromEntries(names.map((name) => [name, content])));
    const startedMs = performance.now();
    const { text } = folderDiff(all(lines("a")), all(lines("b")), 30);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(names.filter((name) => !text.includes(`diff --git a/${name} b/${name}\n`))).toEqual([]);
  });
});
