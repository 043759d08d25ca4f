// The comparison of two releases' contracts, which must be able to find something.
import { Type } from "typebox";
import { expect, test } from "vitest";
import { breaks } from "../../support/contract-breaks.ts";

const closed = { additionalProperties: false };
const plain = Type.Object({ name: Type.String() });

test.each([
  [
    "a field that the receiver needs",
    plain,
    Type.Object({ name: Type.String(), size: Type.Integer() }),
    ".size may be missing",
  ],
  [
    "a field that is not always there any more",
    Type.Object({ name: Type.Optional(Type.String()) }),
    plain,
    ".name may be missing",
  ],
  [
    "a field that is refused",
    Type.Object({ name: Type.String(), size: Type.Integer() }),
    Type.Object({ name: Type.String() }, closed),
    ".size is refused",
  ],
  ["a new value", Type.Enum(["one", "two"]), Type.Enum(["one"]), ": two is not known"],
  [
    "a new kind of frame",
    Type.Union([Type.Object({ kind: Type.Literal("poke") }), Type.Object({ kind: Type.Literal("new") })]),
    Type.Union([Type.Object({ kind: Type.Literal("poke") }), Type.Null()]),
    ': "new" is not known',
  ],
  ["a smaller limit", Type.String({ maxLength: 20 }), Type.String({ maxLength: 10 }), ": its maxLength is smaller"],
  [
    "something deep within",
    Type.Object({ rows: Type.Array(plain) }),
    Type.Object({ rows: Type.Array(Type.Object({ name: Type.String(), id: Type.String() })) }),
    ".rows[].id may be missing",
  ],
])("%s between two releases is found", (_, sender, receiver, found) => {
  expect(breaks({ sender, receiver, isChecked: true })).toEqual([found]);
});

test("a new field is no break where unknown ones are passed over, nor an optional one that is missing", () => {
  const newer = Type.Object({ name: Type.String(), size: Type.Optional(Type.Integer()) });
  expect(breaks({ sender: newer, receiver: plain, isChecked: true })).toEqual([]);
  expect(breaks({ sender: plain, receiver: newer, isChecked: true })).toEqual([]);
});

test("who does not check what it is told misses what it needs, and nothing else", () => {
  const sides = { sender: Type.Enum(["one", "two"]), receiver: Type.Enum(["one"]), isChecked: false };
  expect(breaks(sides)).toEqual([]);
});
