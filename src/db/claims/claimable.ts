/** What may be claimed, said once: a claim by itself and claims that share a statement must take by the same rule. */

/**
 * Conditions on the preset `p` and its template `t` under which the pool may be claimed from.
 * @param preset placeholder of the preset's id.
 * @param isOutdatedAllowed placeholder of whether an older version will do.
 */
export function poolIsClaimable(preset: string, isOutdatedAllowed: string): string {
  return `p.id = ${preset}
    and p.blocked_reason is null
    and not p.is_unproven
    and (${isOutdatedAllowed} or t.active_version_id = p.template_version_id)
    and t.deprecated_at is null
    and t.deleted_at is null`;
}

/** The ready prebuilds `b` of `pool` that have not expired, oldest ready first; `limit` and the lock come after it. */
export function claimablePrebuilds(given: {
  readonly preset: string;
  readonly now: string;
  readonly readySince: string;
}): string {
  return `select b.workspace_id, b.ready_at
  from prebuilds b, pool
  where b.preset_id = ${given.preset}
    and b.state = 'ready'
    and b.ready_at >= ${given.readySince}
    and (pool.ttl_seconds = 0 or b.created_at >= ${given.now}::timestamptz - make_interval(secs => pool.ttl_seconds))
    and (pool.invalidated_at is null or b.created_at >= pool.invalidated_at)
  order by b.ready_at, b.workspace_id`;
}
