import type { Results } from "./results.ts";

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
const whole = (ms: number | null): string => (ms === null ? "–" : String(Math.round(ms)));

/** The figures of a run as tables, for the terminal and for the document alike. */
export function tablesOf(results: Results): readonly Table[] {
  return [faultTable(results), requestTable(results), recoveryTable(results), violationTable(results)];
}

function faultTable({ faults, skipped }: Results): Table {
  const names = [...new Set([...faults.map((fault) => fault.name), ...Object.keys(skipped)])].sort();
  const rows = names.map((name) => {
    const own = faults.filter((fault) => fault.name === name);
    const longest = Math.max(0, ...own.map((fault) => fault.lastedMs));
    const why = skipped[name];
    return [name, String(own.length), own.length === 0 ? "–" : seconds(longest), why === undefined ? "" : why];
  });
  return { title: "Faults", head: ["fault", "times", "longest, s", "left out"], rows };
}

function requestTable({ requests }: Results): Table {
  const rows = requests.map(({ kind, counts, calmP50Ms, calmP99Ms, faultP50Ms, faultP99Ms }) => [
    kind,
    String(counts.ok),
    String(counts.refused),
    String(counts.unavailable),
    String(counts.unanswered),
    String(counts.fault),
    `${whole(calmP50Ms)} / ${whole(calmP99Ms)}`,
    `${whole(faultP50Ms)} / ${whole(faultP99Ms)}`,
  ]);
  const head = ["request", "ok", "refused", "unavailable", "no answer", "fault", "calm p50/p99, ms", "faulty, ms"];
  return { title: "Requests", head, rows };
}

function recoveryTable({ recoveryMs }: Results): Table {
  const rows = Object.entries(recoveryMs).map(([promise, ms]) => [promise, seconds(ms)]);
  return {
    title: "Recovery, counted from the last fault's end or the last request",
    head: ["what", "longest, s"],
    rows,
  };
}

function violationTable({ violations }: Results): Table {
  const rows = violations.map(({ atMs, promise, what, faults }) => [seconds(atMs), promise, what, faults.join(", ")]);
  return { title: "Violations", head: ["at, s", "promise", "what", "during or after"], rows };
}

export function asText({ title, head, rows }: Table): string {
  if (rows.length === 0) return `${title}: none`;
  const widths = head.map((word, nth) => Math.max(word.length, ...rows.map((row) => row[nth]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, nth) => cell.padEnd(widths[nth] ?? 0)).join("  ")}`.trimEnd();
  return [title, line(head), ...rows.map(line)].join("\n");
}

export function asMarkdown({ title, head, rows }: Table): string {
  if (rows.length === 0) return `### ${title}\n\nNone.`;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [`### ${title}`, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
