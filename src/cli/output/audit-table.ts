import type { AuditEntry } from "../../contracts/api/audit.ts";
import type { Output } from "./output.ts";

/** Nested values and what says nothing are left to `--json`. */
function detailText(detail: AuditEntry["detail"]): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== "" && (typeof value !== "object" || Array.isArray(value)))
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(" ");
}

/** What was done, by whom and why; the newest first, as they come. */
export function renderAudit(entries: readonly AuditEntry[], output: Output): string {
  return output.table(entries, [
    { title: "AT (UTC)", cell: ({ at }) => at.slice(0, 19).replace("T", " ") },
    { title: "ACTOR", cell: ({ actor }) => actor ?? "–" },
    { title: "ACTION", cell: ({ action }) => action },
    { title: "TARGET", cell: ({ target }) => (target.name === "" ? (target.id ?? target.kind) : target.name) },
    { title: "WHY", cell: ({ reason, detail }) => reason ?? detailText(detail) },
  ]);
}
