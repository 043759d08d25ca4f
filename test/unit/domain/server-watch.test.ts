// Who is dead, and who was only not to be seen because of an outage of our own.
import { describe, expect, it } from "vitest";
import { type SeenServer, type ServerWatch, watchServers } from "../../../src/domain/presence/server-watch.ts";

const limits = { breakMs: 8_000, lostMs: 10_000 };

/** Looks at the given instants; what is seen is asked anew each time. @returns who was dead at the last look. */
function watch(instants: readonly number[], seen: (nowMs: number) => readonly SeenServer[]): readonly string[] {
  let state: ServerWatch | null = null;
  let dead: readonly string[] = [];
  for (const nowMs of instants) {
    ({ watch: state, dead } = watchServers(state, seen(nowMs), { nowMs, limits }));
  }
  return dead;
}

const everyThree = (fromMs: number, toMs: number): number[] => {
  const instants: number[] = [];
  for (let at = fromMs; at <= toMs; at += 3_000) instants.push(at);
  return instants;
};
const silentSince = (seenAtMs: number | null) => (): SeenServer[] => [{ id: "b", seenAtMs }];

describe("another server", () => {
  it("is dead after it was watched in silence for the whole window", () => {
    expect(watch(everyThree(100_000, 109_000), silentSince(99_000))).toEqual([]);
    expect(watch(everyThree(100_000, 112_000), silentSince(99_000))).toEqual(["b"]);
  });

  it("is not dead because its last word is old when the watching begins", () => {
    expect(watch([900_000], silentSince(1_000))).toEqual([]);
    expect(watch([900_000, 903_000, 906_000], silentSince(1_000))).toEqual([]);
  });

  it("is not dead while it goes on being seen, however old each word is", () => {
    const seen = (nowMs: number): SeenServer[] => [{ id: "b", seenAtMs: nowMs - 60_000 }];
    expect(watch(everyThree(0, 60_000), seen)).toEqual([]);
  });

  it("is watched anew after an outage: the first server to come back takes nobody for dead", () => {
    const outage = [...everyThree(0, 9_000), 34_000];
    expect(watch(outage, silentSince(9_500))).toEqual([]);
    expect(watch([...outage, 37_000, 40_000, 43_000], silentSince(9_500))).toEqual([]);
    expect(watch([...outage, 37_000, 40_000, 43_000, 46_000], silentSince(9_500))).toEqual(["b"]);
  });

  it("is watched anew when the clock of the database steps back", () => {
    expect(watch([100_000, 103_000, 106_000, 109_000, 50_000], silentSince(99_000))).toEqual([]);
  });

  it("is not dead while its last word lies ahead", () => {
    expect(watch(everyThree(0, 30_000), silentSince(60_000))).toEqual([]);
    expect(watch(everyThree(0, 72_000), silentSince(60_000))).toEqual(["b"]);
  });

  it("of which only its agents are left is dead after the same window", () => {
    expect(watch(everyThree(0, 9_000), silentSince(null))).toEqual([]);
    expect(watch(everyThree(0, 12_000), silentSince(null))).toEqual(["b"]);
  });

  it("that comes again after it was dead is alive", () => {
    const seen = (nowMs: number): SeenServer[] => [{ id: "b", seenAtMs: nowMs < 15_000 ? 0 : nowMs }];
    expect(watch(everyThree(0, 12_000), seen)).toEqual(["b"]);
    expect(watch(everyThree(0, 15_000), seen)).toEqual([]);
  });
});
