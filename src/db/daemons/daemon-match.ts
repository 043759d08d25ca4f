/**
 * SQL conditions on a daemon `e` and a job `j`, said once: the lease takes a job by them, and who asks why a job waits
 * must get the same answer.
 */

/** In the place of its incarnation: the daemon has signed off, and none of its incarnations runs. */
export const signedOffIncarnation = "00000000-0000-0000-0000-000000000000";

/**
 * Whether the daemon can be counted on. One whose slots are all busy asks for nothing; that it keeps its leases says
 * that it lives.
 * @param since placeholder of the instant since which it must have been heard of.
 */
export function daemonIsAlive(since: string): string {
  return `(e.incarnation <> '${signedOffIncarnation}'
    and (e.seen_at > ${since} or exists (
      select 1
      from jobs r
      where r.daemon_id = e.id
        and r.status in ('running', 'canceling')
        and r.lease_expires_at > ${since})))`;
}

/**
 * Whether the daemon has the driver and the tags, and is the one that the workspace is bound to, if it is. What it is
 * bound to is looked up for each job: as a join it read the states of all workspaces.
 */
export const daemonFits = `e.drivers ? j.driver
    and j.tags <@ e.tags
    and coalesce((
      select s.daemon_id
      from provider_states s
      where s.workspace_id = j.workspace_id), e.id) = e.id`;

/** Why no daemon can take the pending job `j`, in words; null while one can. */
export function blockedBecause(since: string): string {
  return `case when j.status <> 'pending' or exists (
    select 1
    from daemons e
    where ${daemonIsAlive(since)}
    and ${daemonFits}) then null
  else coalesce((
    select 'the provisioner "' || e.name || '", on whose host the workspace lies, ' || case
        when ${daemonIsAlive(since)} then 'has the driver ' || j.driver || ' or the tags of the template no more'
        else case when e.incarnation = '${signedOffIncarnation}' then 'has signed off at ' else 'is not connected since ' end ||
          to_char(e.seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') ||
          '; start it there again, or see \`prewarm daemons adopt\` and \`prewarm delete --orphan\`' end
    from provider_states s
    join daemons e on e.id = s.daemon_id
    where s.workspace_id = j.workspace_id),
    'no daemon with the driver ' || j.driver || case when j.tags = '{}' then '' else ' and the tags ' || (
      select string_agg(t.key || '=' || t.value, ', ' order by t.key)
      from jsonb_each_text(j.tags) t) end || ' is connected' || coalesce((
      select '; "' || e.name || '" cannot use it: ' || rtrim(u.driver ->> 'reason', '.')
      from daemons e
      cross join lateral jsonb_array_elements(e.unavailable) u(driver)
      where ${daemonIsAlive(since)}
        and u.driver ->> 'driver' = j.driver
      order by e.name
      limit 1), '')) end`;
}
