import { expect, test } from "vitest";
import { Places } from "../../../src/platform/places.ts";

const kindOf = (places: Places, key: string, max = 50): string => places.enter([{ key, max }]).kind;

test("some who take all that each may do not keep out who wants his first", () => {
  const places = new Places(100);
  const kinds = ["ann", "ben"].flatMap((key) => Array.from({ length: 60 }, () => kindOf(places, key)));
  expect(kinds.filter((kind) => kind === "entered")).toHaveLength(75);
  expect(kindOf(places, "cid")).toBe("entered");
  for (let nth = 0; nth < 10; nth += 1) kindOf(places, "cid");
  expect(places.count, "he who holds a few has had his").toBe(80);
  expect(kindOf(places, "dan")).toBe("entered");
});

test("a place that is left twice is given back once", () => {
  const places = new Places(10);
  const first = places.enter([{ key: "ann", max: 2 }]);
  const second = places.enter([{ key: "ann", max: 2 }]);
  if (first.kind !== "entered" || second.kind !== "entered") throw new Error("no place");
  expect(places.enter([{ key: "ann", max: 2 }])).toMatchObject({ kind: "holder_full", holder: { key: "ann" } });
  first.leave();
  first.leave();
  expect(places.count).toBe(1);
});
