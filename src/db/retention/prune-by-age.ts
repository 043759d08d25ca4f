import { idempotencyKeepMs } from "../../contracts/limits.ts";
import { type Statement, statement } from "../statement.ts";
import { historyWidths } from "../../domain/pool/pool-history.ts";
import type { Sql } from "../store.ts";
import {
  before,
  daemonKeysKeepMs,
  deliveredKeepMs,
  formEvaluationsKeepMs,
  notificationsKeepMs,
  outcomesKeptMs,
  type RetentionKeeps,
  tokensKeepMs,
} from "./retention-keeps.ts";
import type { RetentionRule, StepDone } from "./retention-rule.ts";

/** Rows that one statement removes: more than a busy deployment writes in the minutes between two walks. */
const rowsPerStepMax = 5_000;
const everyMs = 600_000;

interface PrunedRow {
  readonly rows: number;
  /** How long ago the youngest of them became due; null when there was none. */
  readonly lag_ms: number | null;
}

/** Where a table's oldest rows are found. */
interface OldestRows {
  readonly table: string;
  /** What their age is counted from. */
  readonly at: string;
  /** Ids are given out in the order of their instants, nearly: where no index has those, the lowest ids are the oldest. */
  readonly orderedBy?: string;
  readonly and?: string;
}

/** Removes rows of before `$1`, the oldest first, at most `$2` of them. */
function pruneStatement(name: string, oldest: OldestRows): Statement<PrunedRow> {
  const { table, at, orderedBy = at, and } = oldest;
  return statement(
    name,
    // By their places: by their keys, the planner takes a tenth of the table for what it does not know, and reads it all.
    // A row that has moved since is left to the next time.
    `with oldest as materialized (
  select ctid as place, ${at} as pruned_by
  from ${table}
  where ${orderedBy === at ? `${at} < $1` : `${orderedBy} is not null`}${and === undefined ? "" : `\n    and ${and}`}
  order by ${orderedBy}
  limit $2
), gone as (
  delete from ${table}
  where ctid = any(array(
    select place
    from oldest
    where pruned_by < $1))
  returning ${at} as pruned_by
)
select count(*)::int as rows, (extract(epoch from $1::timestamptz - max(pruned_by)) * 1000)::float8 as lag_ms
from gone`,
    "long",
  );
}

async function prune(sql: Sql, of: { readonly table: string; readonly by: Statement<PrunedRow> }, due: Date) {
  const [row] = await sql.query(of.by, [due, rowsPerStepMax]);
  const rows = row?.rows ?? 0;
  const isAtEnd = rows < rowsPerStepMax;
  return { removed: { [of.table]: rows }, isAtEnd, lagMs: isAtEnd ? 0 : (row?.lag_ms ?? 0) };
}

function byAge(oldest: OldestRows, keptMs: (keeps: RetentionKeeps) => number): RetentionRule {
  const { table } = oldest;
  const by = pruneStatement(`retention_${table}`, oldest);
  return {
    name: table,
    everyMs,
    step: async ({ sql, now, keeps }): Promise<StepDone> => {
      const { removed, isAtEnd, lagMs } = await prune(sql, { table, by }, before(now, keptMs(keeps)));
      return { removed, next: isAtEnd ? null : [], lagMs };
    },
  };
}

interface Part {
  readonly table: string;
  readonly by: Statement<PrunedRow>;
  readonly keptMs: number;
}

/** Parts that go one after the other, each to its end. */
function inParts(name: string, parts: readonly Part[]): RetentionRule {
  return {
    name,
    everyMs,
    step: async ({ sql, now, cursor }): Promise<StepDone> => {
      const nth = Number(cursor?.[0] ?? 0);
      const part = parts[nth];
      if (part === undefined) return { removed: {}, next: null, lagMs: 0 };
      const { removed, isAtEnd, lagMs } = await prune(sql, part, before(now, part.keptMs));
      return { removed, next: [isAtEnd ? nth + 1 : nth], lagMs };
    },
  };
}

/** Outcomes that are not in the totals yet stay: their number would go back. */
const outcomesRule = byAge(
  {
    table: "creation_outcomes",

    at: "at",
    orderedBy: "id",
    and: "id <= (select settled_id from pool_totals_mark)",
  },
  outcomesKeptMs,
);

const endedToken = "least(expires_at, revoked_at)";

/** Rows whose age alone decides. */
export const agedRules: readonly RetentionRule[] = [
  byAge({ table: "idempotency_keys", at: "created_at" }, () => idempotencyKeepMs),
  outcomesRule,
  byAge({ table: "demand_hours", at: "hour" }, (keeps) => keeps.demandMs),
  byAge({ table: "audit_log", at: "at" }, (keeps) => keeps.auditMs),
  byAge({ table: "tokens", at: endedToken }, () => tokensKeepMs),
  byAge({ table: "setup_links", at: "expires_at" }, () => tokensKeepMs),
  // Whoever asked removes it; what is left is of a server that was killed meanwhile.
  byAge({ table: "form_evaluations", at: "expires_at" }, () => formEvaluationsKeepMs),
  byAge({ table: "daemon_keys", at: "revoked_at" }, () => daemonKeysKeepMs),
];

const historyParts = (["pool_beats", "pool_samples", "pool_demand"] as const).flatMap((table) =>
  Object.values(historyWidths).map(({ minutes, keptMs }) => ({
    table,
    by: pruneStatement(`retention_${table}_${minutes}`, { table, at: "at", and: `minutes = ${minutes}` }),
    keptMs,
  })),
);

/** What pools were like, in both of its widths. */
export const poolHistoryRule: RetentionRule = inParts("pool_history", historyParts);

const notificationParts = [
  {
    table: "notification_deliveries",
    by: pruneStatement("retention_delivered", {
      table: "notification_deliveries",

      at: "ended_at",
      and: "ended_at is not null and status <> 'dead'",
    }),
    keptMs: deliveredKeepMs,
  },
  {
    table: "notification_deliveries",
    by: pruneStatement("retention_dead_letters", {
      table: "notification_deliveries",

      at: "created_at",
      and: "status = 'dead'",
    }),
    keptMs: notificationsKeepMs,
  },
  {
    // Mails of a deployment that has lost its mail server, say.
    table: "notification_deliveries",
    by: pruneStatement("retention_undelivered", {
      table: "notification_deliveries",

      at: "created_at",
      and: "status = 'pending'",
    }),
    keptMs: notificationsKeepMs,
  },
  {
    table: "notifications",
    by: pruneStatement("retention_notifications", { table: "notifications", at: "at", orderedBy: "id" }),
    keptMs: notificationsKeepMs,
  },
  {
    table: "notification_events",
    by: pruneStatement("retention_notification_events", { table: "notification_events", at: "at" }),
    keptMs: notificationsKeepMs,
  },
] as const;

/** What was told. In this order, each part to its end: the outbox and the inboxes name the events. */
export const notificationsRule: RetentionRule = inParts("notifications", notificationParts);
