import { describe, expect, it } from "vitest";
import { CommandInput } from "../../../src/cli/command-input.ts";
import { UsageError } from "../../../src/cli/usage-error.ts";

const input = (options: Record<string, unknown>): CommandInput =>
  new CommandInput({ operands: ["dev", ["a", "b"]], options, command: "create" });

describe("a command line's words", () => {
  it("become key and value at the first equals sign, with the rest left as it is", () => {
    const pairs = input({ parameter: ["a=1", "b=x=y", "c=", "d=two\nlines"] }).pairs("parameter");
    expect(pairs).toEqual({ a: "1", b: "x=y", c: "", d: "two\nlines" });
  });

  it("have spaces in their keys as they are, and an equals sign behind a backslash", () => {
    const parameter = ["Machine Image=ubuntu", "a\\=b=c", "C:\\x=1", "two\\\\=2"];
    expect(input({ parameter }).pairs("parameter")).toEqual({
      "Machine Image": "ubuntu",
      "a=b": "c",
      "C:\\x": "1",
      "two\\": "2",
    });
  });

  it("are not given as key and value when the option is absent", () => {
    expect(input({}).pairs("parameter")).toBeUndefined();
  });

  it("keep a key such as __proto__ as an ordinary one", () => {
    expect(Object.entries(input({ parameter: ["__proto__=x"] }).pairs("parameter") ?? {})).toEqual([
      ["__proto__", "x"],
    ]);
  });

  it.each([[["a"]], [["=1"]], [["a=1", "a=2"]]])("are refused as key and value: %j", (parameter) => {
    expect(() => input({ parameter }).pairs("parameter")).toThrow(UsageError);
  });

  it.each([
    ["30s", 30_000],
    ["1m30s", 90_000],
    ["500ms", 500],
    ["0", 0],
    ["10m", 600_000],
  ])("become a duration: %s", (wait, durationMs) => {
    expect(input({ wait }).duration("wait", { maxMs: 600_000 })).toBe(durationMs);
  });

  it.each(["30", "-5s", "601s", "soon", ""])("are refused as a duration: %j", (wait) => {
    expect(() => input({ wait }).duration("wait", { maxMs: 600_000 })).toThrow(UsageError);
  });

  it.each(["0", "501", "1.5", "-1", "x", "9999999999"])("are refused as a number from 1 to 500: %s", (limit) => {
    expect(() => input({ limit }).integer("limit", { min: 1, max: 500 })).toThrow("from 1 to 500");
  });

  it("become one of the choices, or a refusal that names the choices and the help", () => {
    expect(input({ order: "asc" }).choice("order", ["asc", "desc"])).toBe("asc");
    try {
      input({ order: "up" }).choice("order", ["asc", "desc"]);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        message: '--order is "up"; it must be one of asc, desc.',
        next: "See `prewarm create --help`.",
      });
    }
  });

  it("are found by the name with dashes", () => {
    expect(input({ idempotencyKey: "k" }).text("idempotency-key")).toBe("k");
  });

  it("tell a switch that is off from one that was not given", () => {
    expect(input({ wait: false }).isOff("wait")).toBe(true);
    expect(input({}).isOff("wait")).toBe(false);
    expect(input({ wait: "30s" }).isOff("wait")).toBe(false);
  });
});
