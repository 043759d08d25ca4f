import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../src/contracts/api/logs.ts";
import { chosenRange, lineRangeText, readLineRange } from "../../../src/dashboard/components/log-view/line-range.ts";
import { LineSearch, linesHeldMax, LogLines, pageLines } from "../../../src/dashboard/components/log-view/log-lines.ts";
import { timeText } from "../../../src/dashboard/components/log-view/log-times.ts";
import { searchWords } from "../../../src/dashboard/components/log-view/search-words.ts";
import { rowsDrawnMax, rowsToDraw } from "../../../src/dashboard/components/log-view/row-window.ts";

const at = "2030-01-01T00:00:00.000Z";

/** A log of the server with as many lines, whose ids leave gaps; what was asked for is noted. */
function serverLog(count: number) {
  const asked: number[] = [];
  const entries = Array.from({ length: count }, (_, nth) => entryOf(nth + 1));
  return {
    asked,
    entries,
    fetch: async ({ after, limit }: { readonly after: number; readonly limit: number }) => {
      asked.push(after);
      const from = Math.floor(after / 3);
      return entries.slice(from, from + limit);
    },
  };
}

const entryOf = (number: number): LogEntry => ({
  id: number * 3,
  at,
  level: "info",
  stage: "apply",
  line: `line ${number}`,
});

describe("the lines of a log", () => {
  it("are read to the end in pages, and on from there when it is asked again", async () => {
    const server = serverLog(pageLines + 10);
    const log = new LogLines(server.fetch);
    await log.readOn();
    expect([log.count, log.lineAt(1)?.line, log.lineAt(pageLines + 10)?.line]).toEqual([
      pageLines + 10,
      "line 1",
      `line ${pageLines + 10}`,
    ]);
    server.entries.push({ ...entryOf(pageLines + 11), level: "error" });
    await Promise.all([log.readOn(), log.readOn()]);
    expect([log.count, log.firstError]).toEqual([pageLines + 11, pageLines + 11]);
    expect(log.lineAt(log.count)?.line).toBe(`line ${pageLines + 11}`);
    expect(log.lineAt(log.count + 1)).toBeUndefined();
  });

  it("are let go beyond what is held, those looked at longest ago first, and asked for again", async () => {
    const server = serverLog(linesHeldMax + 2 * pageLines);
    const log = new LogLines(server.fetch);
    await log.readOn();
    expect([log.lineAt(1), log.lineAt(pageLines + 1)]).toEqual([undefined, undefined]);
    expect(log.lineAt(2 * pageLines + 1)?.line).toBe(`line ${2 * pageLines + 1}`);
    const version = log.version;
    await log.hold(1, 5);
    expect(log.lineAt(5)?.line).toBe("line 5");
    expect(log.version).toBeGreaterThan(version);
    expect(log.lineAt(2 * pageLines + 1)).toBeUndefined();
    const calls = server.asked.length;
    await log.hold(1, 5);
    expect(server.asked).toHaveLength(calls);
  });

  it("are found by their cursors, also where they were let go or not yet read", async () => {
    const server = serverLog(linesHeldMax + pageLines);
    const log = new LogLines(server.fetch);
    await log.readOn();
    expect([log.isWhole, log.lineAt(7)]).toEqual([false, undefined]);
    expect(await log.numberOf(21)).toBe(7);
    expect(log.lineAt(7)?.line).toBe("line 7");
    expect(await log.numberOf(22)).toBeNull();
    server.entries.push(entryOf(log.count + 1));
    expect(await log.numberOf((linesHeldMax + pageLines + 1) * 3)).toBe(linesHeldMax + pageLines + 1);
  });

  it("are searched whatever their case and colours, each once", async () => {
    const server = serverLog(3);
    const log = new LogLines(server.fetch);
    await log.readOn();
    const search = new LineSearch(log, "LINE 2");
    expect(search.lookOn()).toEqual([2]);
    server.entries.push({ ...entryOf(4), line: "\u001b[31mli\u001b[0mne 2" });
    await log.readOn();
    expect(search.lookOn()).toEqual([2, 4]);
    expect(new LineSearch(log, "").lookOn()).toEqual([]);
  });

  it("say after a refusal what was not read, with the next reading", async () => {
    const server = serverLog(3);
    let isRefused = true;
    const log = new LogLines(async (query) => {
      if (isRefused) throw new Error("refused");
      return await server.fetch(query);
    });
    await expect(log.readOn()).rejects.toThrow("refused");
    isRefused = false;
    await log.readOn();
    expect(log.count).toBe(3);
  });
});

it.each([
  ["L120-L140", { first: 120, last: 140 }],
  ["L140-L120", { first: 120, last: 140 }],
  ["L7", { first: 7, last: 7 }],
  ["L0", null],
  ["section", null],
  ["L1-L", null],
  ["L99999999", null],
])("the address's %s names lines, or none", (hash, range) => {
  expect(readLineRange(hash)).toEqual(range);
  if (range !== null) expect(readLineRange(lineRangeText(range))).toEqual(range);
});

it("a click chooses a line, with Shift all from the first one chosen", () => {
  const one = chosenRange(null, 9, true);
  expect(one).toEqual({ first: 9, last: 9 });
  expect(chosenRange(one, 12, true)).toEqual({ first: 9, last: 12 });
  expect(chosenRange({ first: 9, last: 12 }, 3, true)).toEqual({ first: 3, last: 9 });
  expect(chosenRange({ first: 9, last: 12 }, 3, false)).toEqual({ first: 3, last: 3 });
});

it.each([
  [{ scrollTop: 0, height: 200, rowHeight: 20, rows: 200_000 }, 0],
  [{ scrollTop: 100_000, height: 200, rowHeight: 20, rows: 200_000 }, 5_000],
  [{ scrollTop: 3_999_800, height: 200, rowHeight: 20, rows: 200_000 }, 199_999],
  [{ scrollTop: 0, height: 1_000_000, rowHeight: 20, rows: 200_000 }, 0],
  [{ scrollTop: 0, height: 200, rowHeight: 20, rows: 3 }, 2],
])("what is seen of %o is drawn, and not much more", (seen, row) => {
  const { start, end } = rowsToDraw(seen);
  expect(start).toBeLessThanOrEqual(row);
  expect(end).toBeGreaterThan(row);
  expect(end).toBeLessThanOrEqual(seen.rows);
  expect(end - start).toBeLessThanOrEqual(rowsDrawnMax);
});

it("times are left out, counted from the first line, or those of the clock", () => {
  const first = Date.parse(at);
  expect(timeText("off", first, first)).toBe("");
  expect(timeText("relative", first + 61_250, first)).toBe("+01:01.3");
  expect(timeText("absolute", first, first)).toMatch(/^\d\d:00:00$/);
});

it.each([
  [{ loaded: 1, isBeyond: false }, "1 line"],
  [{ loaded: 0, isBeyond: false }, "no line"],
  [{ loaded: 3, isBeyond: false, at: 2 }, "2 of 3"],
  [{ loaded: 2, isBeyond: true, isAsking: true }, "2 lines in what is loaded; asking the server …"],
  [{ loaded: 0, isBeyond: true, total: 1_500, isCounted: true }, "no line in what is loaded, 1,500 in the whole log"],
  [
    { loaded: 2, isBeyond: true, total: 900, isCounted: false },
    "2 lines in what is loaded, more than 900 in the whole log",
  ],
  [{ loaded: 2, isBeyond: true, total: 900, isCounted: false, at: 7 }, "7 of more than 900"],
  [{ loaded: 2, isBeyond: true, total: 900, isCounted: true, isAsking: true }, "asking the server … 900 so far"],
])("of %o is said %s", (search, words) => {
  const nothing = {
    loaded: 0,
    total: undefined,
    isCounted: false,
    isAsking: false,
    isBeyond: false,
    error: null,
    at: 0,
  };
  expect(searchWords({ ...nothing, ...search })).toBe(words);
});
