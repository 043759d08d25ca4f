import type { PresetId } from "../../contracts/ids.ts";
import type { LivePrebuild, PresetSnapshot } from "./pool-snapshot.ts";

/** The prebuilds of every known preset, and the strangers. */
export interface PoolsByPreset {
  /** Has an entry for every known preset, in the presets' order. */
  readonly pools: ReadonlyMap<PresetId, PresetPrebuilds>;
  /** Rows without a preset, or of one that is unknown: they belong to no pool and are to be reported. */
  readonly orphans: readonly LivePrebuild[];
}

export interface PresetPrebuilds {
  readonly preset: PresetSnapshot;
  readonly prebuilds: readonly LivePrebuild[];
}

export type PoolLookup =
  | { readonly kind: "found"; readonly pool: PresetPrebuilds }
  | { readonly kind: "unknown_preset"; readonly presetId: string; readonly message: string };

/** Sorts prebuilds into the pools of their presets. */
export function groupByPreset(presets: readonly PresetSnapshot[], prebuilds: readonly LivePrebuild[]): PoolsByPreset {
  const lists = new Map<PresetId, LivePrebuild[]>(presets.map((preset) => [preset.presetId, []]));
  const orphans: LivePrebuild[] = [];
  for (const prebuild of prebuilds) {
    const list = prebuild.presetId === null ? undefined : lists.get(prebuild.presetId);
    (list ?? orphans).push(prebuild);
  }
  const pools = presets.map((preset) => {
    const pool: PresetPrebuilds = { preset, prebuilds: lists.get(preset.presetId) ?? [] };
    return [preset.presetId, pool] as const;
  });
  return { pools: new Map(pools), orphans };
}

/** The pool of one preset, or a clear word that there is none (case 45). */
export function findPool(grouped: PoolsByPreset, presetId: PresetId): PoolLookup {
  const pool = grouped.pools.get(presetId);
  if (pool !== undefined) return { kind: "found", pool };
  const message = `no preset with the id ${presetId} was loaded: it may have been deleted, or never had a pool; list the presets to see their ids`;
  return { kind: "unknown_preset", presetId, message };
}
