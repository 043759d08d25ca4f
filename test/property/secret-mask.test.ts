import fc from "fast-check";
import { expect, test } from "vitest";
import { MaskedStream, maskedLengthMin, SecretMasks } from "../../src/agent/secret-mask.ts";

/** Few letters, so that values are found in each other and overlap. */
const letters = fc.constantFrom("a", "b", "é", "\n");
const valueArbitrary = fc.string({ unit: letters, minLength: 1, maxLength: 14 });
const caseArbitrary = fc
  .record({
    values: fc.array(valueArbitrary, { minLength: 1, maxLength: 4 }),
    words: fc.array(fc.oneof(valueArbitrary, fc.nat({ max: 3 })), { maxLength: 12 }),
    cuts: fc.array(fc.nat({ max: 9 }), { maxLength: 60 }),
  })
  // A number stands for the value of that place.
  .map(({ values, words, cuts }) => ({
    values,
    text: words.map((word) => (typeof word === "number" ? (values[word % values.length] ?? "") : word)).join(""),
    cuts,
  }));

function masked(values: readonly string[], pieces: readonly Buffer[]): string {
  const masks = new SecretMasks();
  masks.include(values);
  const stream = new MaskedStream(masks);
  return Buffer.concat([...pieces.map((piece) => stream.push(piece)), stream.end()]).toString();
}

/** By looking for each value at each place: written apart from the code that it checks. */
function maskedPlainly(values: readonly string[], text: string): string {
  const parts = values.flatMap((value) => [value, ...value.split("\n")]).map((part) => part.trim());
  const runs: { from: number; to: number }[] = [];
  for (let from = 0; from < text.length; from += 1) {
    for (const part of parts.filter(({ length }) => length >= maskedLengthMin)) {
      if (!text.startsWith(part, from)) continue;
      const [last, to] = [runs.at(-1), from + part.length];
      if (last !== undefined && from < last.to) last.to = Math.max(last.to, to);
      else runs.push({ from, to });
    }
  }
  return runs.reduceRight((rest, { from, to }) => `${rest.slice(0, from)}***${rest.slice(to)}`, text);
}

function cut(text: string, cuts: readonly number[]): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of cuts) {
    pieces.push(bytes.subarray(at, at + length));
    at = Math.min(bytes.length, at + length);
  }
  return [...pieces, bytes.subarray(at)];
}

test("every value is masked, and nothing else, however the bytes are cut into pieces", () => {
  fc.assert(
    fc.property(caseArbitrary, ({ values, text, cuts }) => {
      expect(masked(values, cut(text, cuts))).toBe(maskedPlainly(values, text));
    }),
    { numRuns: 2_000 },
  );
});

test("values that are new are masked beside those of before, from where they came", () => {
  const masks = new SecretMasks();
  masks.include(["the first one"]);
  const stream = new MaskedStream(masks);
  const before = stream.push(Buffer.from("the first one, the "));
  masks.include(["the second one"]);
  const after = [stream.push(Buffer.from("second one, the first one.")), stream.end()];
  expect(Buffer.concat([before, ...after]).toString()).toBe("***, ***, ***.");
});

test("nothing passes once all are forgotten, until there are some again", () => {
  const masks = new SecretMasks();
  masks.include(["the first one"]);
  const stream = new MaskedStream(masks);
  masks.shut();
  expect(stream.push(Buffer.from("the first one\n")).toString()).toBe("");
  masks.include(["the first one"]);
  expect(Buffer.concat([stream.push(Buffer.from("the first one\n")), stream.end()]).toString()).toBe("***\n");
});

// Looking for each value at each place would take 10^12 steps here: the test's own limit would end it.
test("a megabyte that is almost a value at each place costs no more than any other", () => {
  const values = Array.from({ length: 30 }, (_, at) => `${"a".repeat(8_000)}${at}`);
  const text = "a".repeat(1_048_576);
  const pieces = cut(
    text,
    Array.from({ length: 100 }, () => 10_000),
  );
  expect(masked(values, pieces)).toBe(text);
});
