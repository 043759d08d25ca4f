import { describe, expect, it } from "vitest";
import { createLogger, type LogFormat, memoryLogger, silentLogger } from "../../../src/platform/logger.ts";

function capture(format: LogFormat, level: "debug" | "info" = "info") {
  const lines: string[] = [];
  return { lines, logger: createLogger({ level, format, destination: { write: (line) => lines.push(line) } }) };
}

describe("logger", () => {
  it("json entries carry level, time, message and fields, one per line", () => {
    const { lines, logger } = capture("json");
    logger.info("pool refilled", { preset: "small", creates: 3 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith("}\n")).toBe(true);
    const entry = JSON.parse(lines[0] ?? "");
    expect(entry).toMatchObject({ level: "info", message: "pool refilled", preset: "small", creates: 3 });
    expect(new Date(entry.time).toISOString()).toBe(entry.time);
  });

  it("entries below the level are not written", () => {
    const { lines, logger } = capture("json");
    logger.debug("detail");
    logger.warn("look");
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(["look"]);
  });

  it("secrets never reach the output, at any depth, in either format", () => {
    for (const format of ["json", "pretty"] as const) {
      const { lines, logger } = capture(format, "debug");
      logger.error("refused", {
        token: "hunter2",
        headers: { Authorization: "hunter2", nested: [{ clientSecret: "hunter2", db_password: "hunter2" }] },
        url: "postgres://me:hunter2@db.example/prewarm",
        error: new Error("cannot reach postgres://me:hunter2@db.example", { cause: { password: "hunter2" } }),
        tokenId: "kept",
      });
      const text = lines.join("");
      expect(text).not.toContain("hunter2");
      expect(text).toContain("kept");
      expect(text).toContain("db.example");
    }
  });

  it("errors keep their type, message, code and causes", () => {
    const logger = memoryLogger();
    const error = Object.assign(new TypeError("outer", { cause: new Error("inner") }), { code: "57P01" });
    logger.error("failed", { error });
    expect(logger.entries[0]?.fields["error"]).toMatchObject({
      type: "TypeError",
      message: "outer",
      code: "57P01",
      cause: { message: "inner" },
    });
  });

  it("what a terminal would obey is written out, in either format", () => {
    for (const format of ["json", "pretty"] as const) {
      const { lines, logger } = capture(format);
      logger.warn("refused", { name: "a\u001b[2Jb", line: "c\u009b1m \u202e", why: "x\r\ny" });
      const text = lines.join("");
      // oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(text.match(/\n/g)).toHaveLength(1);
      if (format === "json") expect(JSON.parse(text)).toMatchObject({ name: "a\u001b[2Jb", line: "c\u009b1m \u202e" });
    }
  });

  it("a circular field does not hang or throw", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    const { lines, logger } = capture("json");
    logger.info("loop", { loop });
    expect(lines[0]).toContain("too deep");
  });

  it("a pretty entry is one line with quoted values where they need it", () => {
    const { lines, logger } = capture("pretty");
    logger.info("started", { port: 7080, host: "127.0.0.1", note: "two words\nand a line", error: new Error("no") });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}started port=7080 host=127\.0\.0\.1 note="two words\\nand a line" error="Error: no"\n$/,
    );
  });

  it("a child adds its fields to each entry, and the entry's own win", () => {
    const logger = memoryLogger();
    logger.child({ part: "reconciler", cycle: 1 }).warn("slow", { cycle: 2 });
    expect(logger.entries).toEqual([{ level: "warn", message: "slow", fields: { part: "reconciler", cycle: 2 } }]);
    expect(() => silentLogger.child({}).error("nobody hears")).not.toThrow();
  });
});
