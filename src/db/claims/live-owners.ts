/**
 * The query of owners who are not deleted, and cannot be until the transaction ends. Whoever deletes one takes his row for
 * update and looks for workspaces after that: of the two that meet, the second waits and sees what the first did. The lock
 * is on the owner's row alone, so that claims of different people share none (decision 0002); a password or a suspension
 * does not wait for it.
 */
export function liveOwners(which: string): string {
  return `select id
  from users
  where ${which}
    and deleted_at is null
  order by id
  for key share`;
}
