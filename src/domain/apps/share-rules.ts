import { type ShareLevel, shareLevels } from "../../contracts/share-levels.ts";

/** Somebody who opens an app; null: nobody knows who it is. */
export type Visitor = { readonly isOwner: boolean; readonly isMember: boolean } | null;

/** Whether a visitor may open what is shared so. */
export function mayVisit(visitor: Visitor, level: ShareLevel): boolean {
  if (level === "public") return true;
  if (visitor === null) return false;
  return visitor.isOwner || level === "authenticated" || (level === "organization" && visitor.isMember);
}

/** The least of several bounds. */
export function leastShare(...levels: readonly ShareLevel[]): ShareLevel {
  const least = Math.min(...levels.map((level) => shareLevels.indexOf(level)));
  return shareLevels[least] ?? "owner";
}

export interface Share {
  readonly level: ShareLevel;
  readonly expiresAt: Date | null;
}

/**
 * With whom something is shared now.
 * @param given what its owner has said, if he has; over, it counts as not said.
 * @param bounds what template and deployment allow at most: a share from before they were lowered is lowered with them.
 */
export function effectiveShare(
  given: Share | null,
  usual: ShareLevel,
  { bounds, now }: { readonly bounds: readonly ShareLevel[]; readonly now: Date },
): ShareLevel {
  const isOver = given?.expiresAt !== null && given !== null && given.expiresAt <= now;
  return leastShare(given === null || isOver ? usual : given.level, ...bounds);
}
