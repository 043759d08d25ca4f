/**
 * Slots of a daemon that a prebuild's build must leave free, so that a person's job finds one (spec §3, in-flight
 * limit). At least one when there are several; none of a single slot, or nothing would ever be built on it.
 * @param share of the slots, 0 to 1; 0 reserves nothing.
 */
export function reservedSlots(concurrency: number, share: number): number {
  if (share <= 0 || concurrency <= 1) return 0;
  return Math.min(Math.max(1, Math.floor(concurrency * share)), concurrency - 1);
}
