import { describe, expect, it } from "vitest";
import { OutputRing } from "../../../src/agent/terminals/output-ring.ts";
import { parseTerminal, parseTerminals } from "../../../src/agent/terminals/parse-terminal.ts";
import { TitleReader } from "../../../src/agent/terminals/title-reader.ts";
import { startLine } from "../../../src/agent/pty/start-line.ts";

const id = "0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b11";
const wish = { id, cols: 80, rows: 24, from: null, isMade: true, name: "", command: null };

describe("the output that is kept", () => {
  it("has positions that count from the first byte, and lets the oldest go", () => {
    const ring = new OutputRing(100);
    for (let i = 0; i < 5; i += 1) ring.add(Buffer.alloc(16_384, 97 + i));
    expect([ring.start, ring.end]).toEqual([4 * 16_384, 5 * 16_384]);
    expect(ring.read(ring.end - 3, 100).toString()).toBe("eee");
    expect(ring.read(ring.end, 100).length).toBe(0);
  });

  it("begins with a whole line for whoever has nothing, unless all is kept", () => {
    const ring = new OutputRing(100);
    ring.add(Buffer.from("one\ntwo\n"));
    expect(ring.begin()).toBe(0);
    ring.add(Buffer.concat([Buffer.alloc(16_384, "x"), Buffer.from("tail\nlast\n")]));
    ring.add(Buffer.alloc(10, "y"));
    expect(ring.read(ring.begin(), 5).toString()).toBe("last\n");
    const endless = new OutputRing(10);
    endless.add(Buffer.alloc(20_000, "x"));
    endless.add(Buffer.alloc(20_000, "x"));
    expect(endless.begin()).toBe(20_000);
  });
});

describe("the title of a window", () => {
  it("is found however the output is cut, and nothing else is taken for one", () => {
    const output =
      "a\u001b[1mb\u001b]0;first\u0007c\u001b]7;file:///\u0007\u001b]2;s\u00e9cond\u001b\\d\u001b]0;never ends";
    for (let size = 1; size <= output.length; size += 1) {
      const reader = new TitleReader();
      const bytes = Buffer.from(output);
      let title: string | undefined;
      for (let at = 0; at < bytes.length; at += size) title = reader.read(bytes.subarray(at, at + size)) ?? title;
      expect(title, `cut each ${size}`).toBe("s\u00e9cond");
    }
  });

  it("is cut, and does not grow without end", () => {
    const reader = new TitleReader();
    expect(reader.read(Buffer.from(`\u001b]0;${"x".repeat(800)}\u0007`))?.length).toBe(256);
    expect(reader.read(Buffer.from(`\u001b]0;${"x".repeat(100_000)}\u0007`))).toBeUndefined();
  });
});

describe("what is asked of terminals", () => {
  it("is taken when it is well formed, and nothing else is", () => {
    expect(parseTerminal(wish)).toEqual({ kind: "terminal", ...wish });
    expect(parseTerminal({ ...wish, from: 7, command: ["sh"], isMade: false })).toBeDefined();
    const bad = [
      { id: "x" },
      { cols: 0 },
      { rows: 1_001 },
      { from: -1 },
      { from: 1.5 },
      { name: "\n" },
      { command: [] },
    ];
    for (const change of [...bad, { command: [1] }, { isMade: 1 }, { cols: "80" }, { name: "x".repeat(65) }]) {
      expect(parseTerminal({ ...wish, ...change }), JSON.stringify(change)).toBeUndefined();
    }
    expect(parseTerminals({ ask: { verb: "list" } })).toBeDefined();
    expect(parseTerminals({ ask: { verb: "rename", id, name: "build" } })).toBeDefined();
    for (const ask of [null, {}, { verb: "close" }, { verb: "rename", id }, { verb: "burn", id }]) {
      expect(parseTerminals({ ask }), JSON.stringify(ask)).toBeUndefined();
    }
  });
});

describe("how a shell is told that it is a login shell", () => {
  it("is its name where bash gives it, else an option that it knows", () => {
    const shell = { file: "/bin/zsh", args: [], argv0: "-zsh" };
    if (process.platform === "linux") {
      expect(startLine(shell, true)).toMatchObject({
        file: "/bin/bash",
        args: ["-p", "-c", /exec -a/, "-zsh", "/bin/zsh"].map((word) =>
          typeof word === "string" ? word : expect.stringMatching(word),
        ),
      });
    }
    expect(startLine(shell, false)).toEqual({ file: "/bin/zsh", args: ["-l"] });
    expect(startLine({ file: "/opt/xonsh", args: ["-x"], argv0: "-xonsh" }, false)).toEqual({
      file: "/opt/xonsh",
      args: ["-x"],
    });
    expect(startLine({ file: "/bin/sh", args: ["-c", "true"] }, false)).toEqual({
      file: "/bin/sh",
      args: ["-c", "true"],
    });
  });
});
