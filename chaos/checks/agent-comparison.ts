/** An agent as the database has it. */
export interface AgentRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly workspace: string;
  /** Whether it is shown as connected. */
  readonly is_shown: boolean;
  /** Whether its workspace is not deleted. */
  readonly is_live: boolean;
  /** Whether the latest build was a start that went well. */
  readonly is_started: boolean;
  /** Whether a build is under way, or has failed: then either is right. */
  readonly is_open: boolean;
}

/** An agent as the operating system has it. */
export interface AgentSeen {
  readonly pid: number;
  readonly workspaceId: string;
  readonly isFrozen: boolean;
  /** Since when a server holds its socket; null while none does. */
  readonly connectedSinceMs: number | null;
}

type MismatchKind =
  | "connected, and not shown so"
  | "shown as connected, and it is not"
  | "lives, and does not connect"
  | "should live, and does not"
  | "lives, and should not"
  | "lives twice";

/** How long each may last when nothing is wrong any more. */
export const mismatchLimitMs: Readonly<Record<MismatchKind, number>> = {
  "connected, and not shown so": 10_000,
  // Either side gives up a silent connection after two pings.
  "shown as connected, and it is not": 35_000,
  "lives, and does not connect": 35_000,
  // The daemon starts an agent again, at last every 30 s.
  "should live, and does not": 60_000,
  // What a lost job has made is found by the second sweep, one a minute, and must have the age for it.
  "lives, and should not": 200_000,
  "lives twice": 20_000,
};

export interface Mismatch {
  readonly kind: MismatchKind;
  readonly workspaceId: string;
  /** Since when it can be one, where that is known better than by when it was first seen. */
  readonly sinceMs: number | null;
  readonly evidence: unknown;
}

/** Holds what is stored of agents against the processes and sockets that there are. */
export function compareAgents(rows: readonly AgentRow[], seen: readonly AgentSeen[]): readonly Mismatch[] {
  const processesOf = new Map<string, AgentSeen[]>();
  for (const one of seen) processesOf.set(one.workspaceId, [...(processesOf.get(one.workspaceId) ?? []), one]);
  const rowOf = new Map(rows.map((row) => [row.workspace_id, row]));
  const mismatches: Mismatch[] = [];
  for (const row of rows) {
    const processes = processesOf.get(row.workspace_id) ?? [];
    const kind = kindOf(row, processes);
    if (kind === null) continue;
    const sinceMs = kind === "connected, and not shown so" ? (processes[0]?.connectedSinceMs ?? null) : null;
    mismatches.push({ kind, workspaceId: row.workspace_id, sinceMs, evidence: { row, processes } });
  }
  for (const [workspaceId, processes] of processesOf) {
    const row = rowOf.get(workspaceId);
    const evidence = { row: row ?? null, processes };
    if (processes.length > 1) mismatches.push({ kind: "lives twice", workspaceId, sinceMs: null, evidence });
    const isWanted = row !== undefined && row.is_live && (row.is_started || row.is_open);
    if (!isWanted) mismatches.push({ kind: "lives, and should not", workspaceId, sinceMs: null, evidence });
  }
  return mismatches;
}

function kindOf(row: AgentRow, processes: readonly AgentSeen[]): MismatchKind | null {
  const isConnected = processes.some((one) => one.connectedSinceMs !== null);
  if (row.is_shown && !isConnected) return "shown as connected, and it is not";
  if (!row.is_live || !row.is_started) return null;
  if (isConnected) return row.is_shown ? null : "connected, and not shown so";
  if (processes.length === 0) return "should live, and does not";
  return processes.some((one) => !one.isFrozen) ? "lives, and does not connect" : null;
}

/** Remembers since when each mismatch has been seen while nothing was wrong, and tells those that last too long. */
export class MismatchClock {
  readonly #firstSeen = new Map<string, number>();

  /**
   * @param calmSinceMs since when no fault is under way; null while one is: then nothing is held against anybody
   * @returns the mismatches that are too old
   */
  tick(
    mismatches: readonly Mismatch[],
    times: { readonly nowMs: number; readonly calmSinceMs: number | null },
  ): readonly (Mismatch & { readonly lastsMs: number })[] {
    const { nowMs, calmSinceMs } = times;
    if (calmSinceMs === null) {
      this.#firstSeen.clear();
      return [];
    }
    const keys = new Set(mismatches.map(keyOf));
    for (const key of this.#firstSeen.keys()) if (!keys.has(key)) this.#firstSeen.delete(key);
    return mismatches.flatMap((mismatch) => {
      const key = keyOf(mismatch);
      const first = this.#firstSeen.get(key) ?? nowMs;
      this.#firstSeen.set(key, first);
      const lastsMs = nowMs - Math.max(calmSinceMs, first, mismatch.sinceMs ?? 0);
      return lastsMs > mismatchLimitMs[mismatch.kind] ? [{ ...mismatch, lastsMs }] : [];
    });
  }
}

function keyOf({ kind, workspaceId }: Mismatch): string {
  return `${kind} ${workspaceId}`;
}
