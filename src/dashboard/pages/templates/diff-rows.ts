export interface DiffRow {
  readonly kind: "same" | "added" | "removed" | "hunk";
  readonly before: number | null;
  readonly after: number | null;
  readonly text: string;
}

/** A line of each side; one of them is absent where the other has more. */
export type DiffPair = readonly [before: DiffRow | null, after: DiffRow | null];

/** The lines of a unified diff with their numbers; what stands before the first part is left out. */
export function diffRows(patch: string): readonly DiffRow[] {
  const rows: DiffRow[] = [];
  let [before, after] = [0, 0];
  let isIn = false;
  for (const line of patch.replace(/\n$/, "").split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (hunk !== null) {
      [before, after, isIn] = [Number(hunk[1]), Number(hunk[2]), true];
      rows.push({ kind: "hunk", before: null, after: null, text: line });
    } else if (isIn && line.startsWith("+")) {
      rows.push({ kind: "added", before: null, after, text: line.slice(1) });
      after += 1;
    } else if (isIn && line.startsWith("-")) {
      rows.push({ kind: "removed", before, after: null, text: line.slice(1) });
      before += 1;
    } else if (isIn && line.startsWith(" ")) {
      rows.push({ kind: "same", before, after, text: line.slice(1) });
      before += 1;
      after += 1;
    }
  }
  return rows;
}

/** The same for two columns: what was removed stands beside what was added in its place. */
export function diffPairs(rows: readonly DiffRow[]): readonly DiffPair[] {
  const pairs: DiffPair[] = [];
  let removed: DiffRow[] = [];
  let added: DiffRow[] = [];
  const flush = (): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) {
      pairs.push([removed[at] ?? null, added[at] ?? null]);
    }
    [removed, added] = [[], []];
  };
  for (const row of rows) {
    if (row.kind === "removed") removed.push(row);
    else if (row.kind === "added") added.push(row);
    else {
      flush();
      pairs.push([row, row]);
    }
  }
  flush();
  return pairs;
}
