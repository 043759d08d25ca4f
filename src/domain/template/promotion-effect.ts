import type { PoolEffect } from "../../contracts/api/template-files.ts";

interface PoolBefore {
  readonly preset: string;
  readonly ready: number;
}

interface Promotion {
  /** Pools of the version that is active now. */
  readonly before: readonly PoolBefore[];
  /** Presets of the other version that have a pool. */
  readonly after: readonly string[];
  readonly strategy: "replace" | "surge";
}

/** What a promotion does to pools: a prebuild is of one version, so no pool keeps those that it has (spec §3). */
export function promotionEffect({ before, after, strategy }: Promotion): {
  readonly pools: PoolEffect[];
  readonly sentences: string[];
} {
  const pools: PoolEffect[] = [
    ...before.map(
      ({ preset, ready }): PoolEffect => ({ preset, ready, effect: after.includes(preset) ? "replaced" : "ends" }),
    ),
    ...after
      .filter((preset) => !before.some((pool) => pool.preset === preset))
      .map((preset): PoolEffect => ({ preset, ready: 0, effect: "begins" })),
  ];
  return { pools, sentences: sentencesOf(pools, strategy) };
}

function sentencesOf(pools: readonly PoolEffect[], strategy: Promotion["strategy"]): string[] {
  const readyOf = (effect: PoolEffect["effect"]): number =>
    pools.reduce((sum, pool) => (pool.effect === effect ? sum + pool.ready : sum), 0);
  const named = (effect: PoolEffect["effect"]): PoolEffect[] => pools.filter((pool) => pool.effect === effect);
  const [replaced, ended] = [readyOf("replaced"), readyOf("ends")];
  return [
    ...(replaced > 0
      ? [
          strategy === "surge"
            ? `${prebuilds(replaced)} replaced one by one, and can be claimed until then.`
            : `${prebuilds(replaced)} replaced; until the new ones are ready, creations build cold.`,
        ]
      : []),
    ...named("ends").map(({ preset }) => `The pool of "${preset}" ends.`),
    ...(ended > 0 ? [`${prebuilds(ended)} deleted.`] : []),
    ...named("begins").map(({ preset }) => `A pool of "${preset}" begins.`),
    ...(pools.length === 0 ? ["No pool is concerned."] : []),
    ...(pools.length > 0 && replaced + ended === 0 ? ["No ready prebuild is lost."] : []),
  ];
}

function prebuilds(count: number): string {
  return count === 1 ? "1 ready prebuild is" : `${count} ready prebuilds are`;
}
