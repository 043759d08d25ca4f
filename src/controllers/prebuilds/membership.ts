import type { OrganizationId } from "../../contracts/ids.ts";
import { addPrebuildsMembership, withoutPrebuildsMembership } from "../../db/people/prebuilds-membership.ts";
import { isActivePreset, type PresetSnapshot } from "../../domain/pool/pool-snapshot.ts";
import type { PrebuildsDeps } from "./prebuilds-deps.ts";

export interface Membership {
  /** Adds what the `prebuilds` user lacks in the organizations of these pools. */
  ensure(pools: readonly PresetSnapshot[]): Promise<Ensured>;
}

export interface Ensured {
  /** Organizations to which something was added: a group, and with it an allowance. */
  readonly completed: number;
  /** Organizations that could not be completed. */
  readonly errors: number;
}

/**
 * Makes the `prebuilds` user a member, with its group, of every organization that has a pool (spec §8). What was found complete is not
 * asked again for one interval, so that a cycle that comes soon after another asks nothing.
 */
export function createMembership(deps: PrebuildsDeps): Membership {
  const completeUntil = new Map<OrganizationId, number>();
  return {
    ensure: async (pools) => {
      const now = deps.monotonicMs();
      const withPool = new Set(pools.filter(isActivePreset).map((preset) => preset.organizationId));
      for (const id of completeUntil.keys()) if (!withPool.has(id)) completeUntil.delete(id);
      const asked = [...withPool].filter((id) => (completeUntil.get(id) ?? -Infinity) <= now);
      if (asked.length === 0) return { completed: 0, errors: 0 };
      const missing = await withoutPrebuildsMembership(deps.db, asked);
      const incomplete = new Set(missing.map(({ id }) => id));
      // What is written now counts as complete only once it has been seen.
      for (const id of asked) if (!incomplete.has(id)) completeUntil.set(id, now + deps.options.intervalMs);
      let completed = 0;
      for (const organization of missing) if (await complete(deps, organization)) completed += 1;
      return { completed, errors: missing.length - completed };
    },
  };
}

/** One organization's error never stops the others; the next cycle tries again. */
async function complete(
  deps: PrebuildsDeps,
  organization: { readonly id: OrganizationId; readonly name: string },
): Promise<boolean> {
  try {
    const { prebuildsAllowance: allowance } = deps.options;
    await addPrebuildsMembership(deps.db, { organizationId: organization.id, allowance, now: deps.clock.now() });
    deps.logger.info("the prebuilds user was made a member of an organization", { organization: organization.name });
    return true;
  } catch (error) {
    deps.logger.error("the prebuilds user could not be added to an organization", {
      organization: organization.name,
      reason: String(error),
    });
    return false;
  }
}
