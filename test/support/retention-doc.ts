import { retentionRules } from "../../src/db/retention/retention-rules.ts";
import { retentionTable, type TableRetention } from "../../src/db/retention/retention-table.ts";
import { generatedNote, markdownTable } from "./markdown-table.ts";

const boundWords: Readonly<Record<TableRetention["bound"]["kind"], string>> = {
  lives: "grows with what lives",
  rows: "so many rows",
  age: "age",
};

function prunedText({ pruned }: TableRetention): string {
  switch (pruned.kind) {
    case "rules":
      return pruned.rules.map((rule) => `\`${rule}\``).join(", ");
    case "with":
      return `with \`${pruned.table}\``;
    case "writer":
      return pruned.text;
  }
}

/** `docs/retention.md`, from the table of the code. */
export function retentionPage(): string {
  const rows = Object.entries(retentionTable).map(([table, entry]) => [
    `\`${table}\``,
    boundWords[entry.bound.kind],
    entry.bound.text,
    prunedText(entry),
  ]);
  const rules = retentionRules.map(({ name, everyMs }) => `\`${name}\` (${everyMs / 60_000} min)`);
  return [
    "# Retention",
    "",
    generatedNote,
    "",
    "No table grows for ever. Each has a bound, and something that keeps it: the pruner, whoever writes the rows, or the",
    "rows that they belong to. How long things are kept is chosen by the options of the groups `retention` and `audit` in",
    "[configuration.md](configuration.md).",
    "",
    "A deleted workspace goes with its builds, jobs, logs, reports, agents, provider states and its row in the ledger of",
    "the pools. What a pool still counts by stays: its prebuilds since the newest that was built well, which its hard limit",
    "is judged by, and those within the look-back of its backoff. Claims, misses and waits are kept as sums by the hour, for",
    "each template and name of a preset, in `demand_hours`; the totals of the metrics never go back.",
    "",
    "## The pruner",
    "",
    "It is the controller `retention`, on one server at a time. It works through its rules in pages, each a few bounded",
    "statements, rests after each as long as it took, and takes the next rule after two seconds. The rules, and how long",
    `each rests when nothing is left for it: ${rules.join(", ")}.`,
    "",
    "`prewarm_retention_rows_removed_total` counts what it removed, `prewarm_retention_lag_seconds` says how far behind it",
    "is. Where that is more than an hour, the server's log and `prewarm doctor` say so: after an upgrade of a deployment",
    "that has years of history until that is gone, else because more is written than it can remove.",
    "",
    "The space of removed rows is used again. PostgreSQL gives it back to the disk only by `vacuum full`, or",
    "by `prewarm db export` and `import`.",
    "",
    "## Every table",
    "",
    markdownTable(["table", "bound", "of what", "removed by"], rows),
    "",
  ].join("\n");
}
