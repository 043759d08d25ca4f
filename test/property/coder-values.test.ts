import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coderSchemas } from "../../src/provisioner/coder-provider/schema.ts";
import { conformBlock } from "../../src/provisioner/coder-provider/values/conform.ts";
import { decodeMessagePack, encodeMessagePack } from "../../src/provisioner/coder-provider/values/message-pack.ts";
import { isEqual, isWhollyKnown, unknownValue, type Value } from "../../src/provisioner/coder-provider/values/value.ts";
import type { Block, ValueType } from "../../src/provisioner/coder-provider/schema/schema-shape.ts";
import { configProblems } from "../../src/provisioner/coder-provider/validate/validate-config.ts";

const orAbsent = (value: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.constantFrom<Value>(null, unknownValue) });

function valueOf(type: ValueType): fc.Arbitrary<Value> {
  if (type === "string") return orAbsent(fc.string({ unit: "binary", maxLength: 12 }));
  if (type === "number") return orAbsent(fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true })));
  if (type === "bool") return orAbsent(fc.boolean());
  const [kind, of] = type;
  if (kind === "object") {
    return orAbsent(fc.record(Object.fromEntries(Object.entries(of).map(([name, each]) => [name, valueOf(each)]))));
  }
  const name = fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__");
  return orAbsent(
    kind === "map"
      ? fc.dictionary(name, valueOf(of), { maxKeys: 3, noNullPrototype: true })
      : fc.array(valueOf(of), { maxLength: 3 }),
  );
}

function blockOf(block: Block): fc.Arbitrary<Value> {
  const attributes = Object.entries(block.attributes).map(([name, { type }]) => [name, valueOf(type)] as const);
  const nested = Object.entries(block.blocks ?? {}).map(
    ([name, each]) => [name, fc.array(blockOf(each.block), { maxLength: 2 })] as const,
  );
  return fc.record(Object.fromEntries<fc.Arbitrary<Value>>([...attributes, ...nested]));
}

const types = Object.entries({ ...coderSchemas.resources, ...coderSchemas.dataSources });

describe.each(types)("any value of %s", (_, { block }) => {
  test("comes back through MessagePack as it went, and fits its schema as it is", () => {
    fc.assert(
      fc.property(blockOf(block), (value) => {
        const back = conformBlock(block, decodeMessagePack(encodeMessagePack(value)));
        expect(isEqual(back, value)).toBe(true);
        expect(isWhollyKnown(back)).toBe(isWhollyKnown(value));
      }),
      { numRuns: 40 },
    );
  });

  test("is judged without an exception, each problem with a sentence and a place that the schema has", () => {
    fc.assert(
      fc.property(blockOf(block), (value) => {
        for (const { summary, detail, path } of configProblems(block, conformBlock(block, value))) {
          expect(summary.length > 0 && detail.length > 0).toBe(true);
          const [first] = path;
          if (first !== undefined)
            expect([...Object.keys(block.attributes), ...Object.keys(block.blocks ?? {})]).toContain(first);
        }
      }),
      { numRuns: 40 },
    );
  });
});
