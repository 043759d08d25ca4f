import type { LogEntry } from "../../contracts/api/logs.ts";
import type { LogRow } from "../../db/workspaces/logs.ts";
import { instant } from "../page.ts";

export function logEntry(row: LogRow): LogEntry {
  return { id: row.id, at: instant(row.at), level: row.level, stage: row.stage, line: row.line };
}
