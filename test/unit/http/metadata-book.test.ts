import { expect, onTestFinished, test, vi } from "vitest";
import type { AgentMetadataValue } from "../../../src/contracts/agent-metadata.ts";
import type { AgentId } from "../../../src/contracts/ids.ts";
import { MetadataBook } from "../../../src/http/metadata/metadata-book.ts";

const [ann, bob, cyd] = ["ann", "bob", "cyd"] as AgentId[] as [AgentId, AgentId, AgentId];

function value(text: string): AgentMetadataValue {
  return { key: "k", name: "", value: text, error: "", collectedAt: null, order: 0 };
}

function bookOf(limits: { agents?: number; characters?: number } = {}) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const book = new MetadataBook({ agents: 10, characters: 1_000, pokeIntervalMs: 1_000, ...limits });
  const told: string[] = [];
  const take = (agent: AgentId, text: string, connectionId = "first"): void =>
    book.take(agent, { connectionId, values: [value(text)], toldAt: null, heardAtMs: 0 }, () => told.push(agent));
  const read = (agent: AgentId): string => {
    const found = book.read(agent);
    return typeof found === "string" ? found : found.values.map((one) => one.value).join();
  };
  return { book, take, read, told };
}

test("the newest values are kept, and end with the connection that told them", () => {
  const { book, take, read } = bookOf();
  expect(read(ann)).toBe("untold");
  take(ann, "1");
  take(ann, "22");
  expect(read(ann)).toBe("22");
  book.forget(ann, "another");
  expect(read(ann)).toBe("22");
  book.forget(ann, "first");
  expect([read(ann), book.size, book.characters]).toEqual(["untold", 0, 0]);
});

test("what a new connection tells takes the place of the old one's, whose end takes nothing with it", () => {
  const { book, take, read } = bookOf();
  take(ann, "old");
  take(ann, "new", "second");
  book.forget(ann, "first");
  expect([read(ann), book.size, book.characters]).toEqual(["new", 1, 4]);
});

test("a change is told once to those who have read, and not at all while nobody does", () => {
  const { take, read, told } = bookOf();
  take(ann, "1");
  expect(told).toEqual([ann]);
  for (const text of ["2", "3", "4"]) {
    vi.advanceTimersByTime(5_000);
    take(ann, text);
  }
  expect(told).toEqual([ann]);
  read(ann);
  take(ann, "5");
  take(ann, "6");
  expect(told).toEqual([ann, ann]);
});

test("news of one agent are a second apart, and the last is never lost", () => {
  const { take, read, told } = bookOf();
  for (let nth = 0; nth < 100; nth += 1) {
    take(ann, String(nth));
    read(ann);
  }
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(999);
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(told).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(2);
});

test("an agent that has gone tells nothing more", () => {
  const { book, take, read, told } = bookOf();
  take(ann, "1");
  read(ann);
  take(ann, "2");
  book.forget(ann, "first");
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([ann]);
});

test("agents beyond the limit are left out, until one goes", () => {
  const { book, take, read } = bookOf({ agents: 2 });
  for (const agent of [ann, bob, cyd]) take(agent, "x");
  expect([ann, bob, cyd].map(read)).toEqual(["x", "x", "left_out"]);
  book.forget(ann, "first");
  take(cyd, "y");
  expect(read(cyd)).toBe("y");
});

test("of values that are too much for all, none are kept; the others' stay, and there is room again when one goes", () => {
  const { book, take, read } = bookOf({ characters: 20 });
  take(ann, "x".repeat(10));
  take(bob, "y".repeat(9));
  expect([read(ann), read(bob), book.characters]).toEqual(["x".repeat(10), "left_out", 11]);
  take(ann, "x".repeat(20));
  expect([read(ann), book.characters]).toEqual(["left_out", 0]);
  take(bob, "y".repeat(19));
  expect([read(bob), book.characters]).toEqual(["y".repeat(19), 20]);
});
