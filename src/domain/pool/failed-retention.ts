/** A failed prebuild, kept as evidence. `createdAt` in milliseconds since the epoch. */
export interface FailedPrebuild {
  readonly workspaceId: string;
  readonly createdAt: number;
}

/** The failed prebuilds of one pool to remove so that at most `keptMax` remain, oldest first (spec §3). */
export function failedToRemove<Failed extends FailedPrebuild>(
  failed: readonly Failed[],
  keptMax: number,
): readonly Failed[] {
  const oldestFirst = failed.toSorted(
    (one, other) => one.createdAt - other.createdAt || (one.workspaceId < other.workspaceId ? -1 : 1),
  );
  return oldestFirst.slice(0, Math.max(failed.length - Math.max(keptMax, 0), 0));
}
