import { encode, ExtData } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { conformBlock, conformValue, ShapeError } from "../../../src/provisioner/coder-provider/values/conform.ts";
import { decodeMessagePack, encodeMessagePack } from "../../../src/provisioner/coder-provider/values/message-pack.ts";
import { isWhollyKnown, unknownValue, type Value } from "../../../src/provisioner/coder-provider/values/value.ts";
import { optional, type Block, type ValueType } from "../../../src/provisioner/coder-provider/schema/schema-shape.ts";

const back = (value: Value): unknown => decodeMessagePack(encodeMessagePack(value));

describe("a value of Terraform", () => {
  test.each<[string, Value]>([
    ["null", null],
    ["true", true],
    ["a whole number", 120],
    ["a negative number", -1],
    ["the largest whole number", Number.MAX_SAFE_INTEGER],
    ["a fraction", 1.5],
    ["an empty text", ""],
    ["a text of other alphabets", "Ünïcode ☃ 🧊"],
    ["an empty list", []],
    ["a list with null in it", ["a", null]],
    ["an object with an unknown in it", { id: unknownValue, env: { A: "b" }, item: [{ value: unknownValue }] }],
  ])("comes back as it went: %s", (_, value) => {
    expect(back(value)).toEqual(value);
  });

  test("that is unknown is one byte of extension 0, which Terraform reads as unknown", () => {
    expect([...encodeMessagePack(unknownValue)]).toEqual([0xd4, 0x00, 0x00]);
    expect(back(unknownValue)).toBe(unknownValue);
  });

  test.each([0, 1, 12, 127, -1])("is unknown whatever the type of the extension: %d", (type) => {
    expect(decodeMessagePack(encode(new ExtData(type, Uint8Array.of(1, 2, 3, 4))))).toBe(unknownValue);
  });

  test("that holds an unknown is not wholly known, however deep it lies", () => {
    expect(isWhollyKnown({ a: [{ b: unknownValue }] })).toBe(false);
    expect(isWhollyKnown({ a: [{ b: "c" }] })).toBe(true);
  });

  test("with the key __proto__ is refused and changes no prototype", () => {
    const bytes = Uint8Array.from([0x81, 0xa9, ...Buffer.from("__proto__"), 0x81, 0xa1, 0x78, 0x01]);
    expect(() => decodeMessagePack(bytes)).toThrow("__proto__");
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});

describe("a number", () => {
  test.each([
    ["an int", 7, 7],
    ["a float", 1.5, 1.5],
    ["decimal text", "1152921504606846976", 2 ** 60],
    ["decimal text with an exponent", "1.5e3", 1_500],
  ])("may come as %s", (_, sent, expected) => {
    expect(conformValue("number", sent, ["n"])).toBe(expected);
  });

  test.each(["", "0x10", "abc", "1e", " 1"])("is not %j", (text) => {
    expect(() => conformValue("number", text, ["n"])).toThrow(ShapeError);
  });
});

describe("a value in the shape of its schema", () => {
  const block: Block = {
    attributes: { name: optional("string", "A name."), tags: optional(["map", "string"], "Tags.") },
    blocks: { item: { nesting: "list", about: "One.", block: { attributes: { key: optional("string", "A key.") } } } },
  };

  test("has null for what is missing, no blocks for none, and nothing that the schema does not have", () => {
    expect(conformBlock(block, { name: "x", left: 1 })).toEqual({ name: "x", tags: null, item: [] });
    expect(conformBlock(block, { item: [{}] })).toEqual({ name: null, tags: null, item: [{ key: null }] });
  });

  test("keeps what is unknown: a value, an element, all blocks of a kind", () => {
    const unknown = { name: unknownValue, tags: { a: unknownValue }, item: unknownValue };
    expect(conformBlock(block, unknown)).toEqual(unknown);
  });

  test.each<[ValueType, unknown]>([
    ["string", {}],
    ["string", []],
    ["bool", "yes"],
    ["bool", 1],
    [["list", "string"], "a"],
    [["set", "string"], {}],
    [["map", "string"], ["a"]],
    [["object", { a: "string" }], 3],
    [["list", ["object", { a: "bool" }]], [{ a: "no" }]],
  ])("is refused where the type is another: %j for %j", (type, value) => {
    expect(() => conformValue(type, value, ["at"])).toThrow(/^at/);
  });

  test("of a state that is no object is refused with a sentence", () => {
    expect(() => conformBlock(block, "text")).toThrow("has to be an object");
    expect(() => conformBlock(block, { item: "text" })).toThrow("item has to be a list of blocks");
  });
});
