import { drawFor } from "./draw.ts";
import { type FaultName, faultKinds } from "./fault-kinds.ts";
import { type PlannedRequest, planRequests } from "./load-plan.ts";

export interface PlannedFault {
  readonly name: FaultName;
  /** Since the round's beginning. */
  readonly atMs: number;
  readonly lastsMs: number;
  /** In [0, 1): picks the target among what there is. */
  readonly pick: number;
  /** In [0, 1): how strong it is, where there is a choice. */
  readonly strength: number;
}

/** A while with load and faults, after which everything must come to rest. */
export interface RoundPlan {
  readonly number: number;
  readonly faults: readonly PlannedFault[];
  readonly requests: readonly PlannedRequest[];
  /** How long there is load. */
  readonly lastsMs: number;
}

const firstFaultMs = [1_500, 4_000] as const;
const secondFaultShare = 0.45;
/** Load goes on for so long when the last fault is over. */
const afterMs = 3_000;
const calmMs = 8_000;

/**
 * The plan of a round: the same for the same seed and number. The first one has no faults: what is wrong in it is
 * wrong without them. Kinds of faults are dealt like cards, so that each comes once before any comes again.
 */
export function planRound(seed: number, number: number, only?: readonly FaultName[]): RoundPlan {
  const draw = drawFor(seed, `round ${number}`);
  const faults: PlannedFault[] = [];
  let beginMs = draw.between(...firstFaultMs);
  for (const name of number === 0 ? [] : dealt(seed, number, only)) {
    const kind = faultKinds.find((one) => one.name === name);
    if (kind === undefined) throw new Error(`There is no kind of fault "${name}".`);
    const [low, high] = kind.lastsMs;
    faults.push({
      name,
      atMs: beginMs,
      lastsMs: draw.between(low, high),
      pick: draw.float(),
      strength: draw.float(),
    });
    beginMs += draw.between(500, 6_000);
  }
  const endMs = Math.max(0, ...faults.map((fault) => fault.atMs + fault.lastsMs));
  const lastsMs = Math.max(calmMs, endMs + afterMs);
  return { number, faults, requests: planRequests(drawFor(seed, `load ${number}`), lastsMs), lastsMs };
}

/** The names that are dealt to a round: one or two, from as many shuffled decks as it takes. */
function dealt(seed: number, number: number, only: readonly FaultName[] | undefined): readonly FaultName[] {
  const cards = only ?? faultKinds.map((kind) => kind.name);
  const counts = drawFor(seed, "counts");
  const sizes = Array.from({ length: number }, () => (counts.float() < secondFaultShare ? 2 : 1));
  const before = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0);
  const places = Array.from({ length: sizes.at(-1) ?? 0 }, (_, nth) => before + nth);
  return places.flatMap((place) => {
    const deck = drawFor(seed, `deck ${Math.floor(place / cards.length)}`).shuffled(cards);
    return deck[place % cards.length] ?? [];
  });
}
