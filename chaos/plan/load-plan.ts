import type { Draw } from "./draw.ts";

export const people = ["ann", "ben", "cleo", "dan"] as const;

const kinds = [
  ["create", 40],
  ["exec", 22],
  ["delete", 18],
  ["stop", 6],
  ["start", 8],
  ["list", 3],
  ["publish", 2],
  ["pause", 1.5],
  ["invalidate", 0.5],
  // Everybody wants one of the same pool at the same moment; in a race a new version is published in that moment, too.
  ["burst", 2.5],
  ["race", 1],
] as const;
type Kind = (typeof kinds)[number][0];

export type Mode = "prefer_warm" | "wait" | "warm_only";

/** A request that is to be made, as far as it can be known before: which workspace it is about depends on what there is. */
export interface PlannedRequest {
  readonly atMs: number;
  readonly kind: Kind;
  readonly person: (typeof people)[number];
  /** In [0, 1): picks among what there is. */
  readonly pick: number;
  readonly mode: Mode;
  /** Of a creation: whether it is sent again with its key though it was answered. */
  readonly isRepeated: boolean;
}

/** Requests come so far apart: what a machine with two cores carries beside three servers and some faults. */
const gapMs = [250, 900] as const;

export function planRequests(draw: Draw, lastMs: number): readonly PlannedRequest[] {
  const requests: PlannedRequest[] = [];
  for (let atMs = draw.between(...gapMs); atMs < lastMs; atMs += draw.between(...gapMs)) {
    requests.push({
      atMs,
      kind: draw.weighted(kinds),
      person: draw.pick(people),
      pick: draw.float(),
      mode: draw.weighted([
        ["prefer_warm", 5],
        ["wait", 3],
        ["warm_only", 2],
      ]),
      isRepeated: draw.float() < 0.25,
    });
  }
  return requests;
}
