import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { CheckDeps } from "./check-deps.ts";

const poolsText = `select t.name || '/' || p.name as pool, p.instances, count(b.workspace_id)::int as live
from presets p
join templates t on t.id = p.template_id and t.active_version_id = p.template_version_id
join prebuilds b on b.preset_id = p.id and b.state in ('building', 'starting', 'ready')
  and (p.invalidated_at is null or b.state = 'building' or b.created_at >= p.invalidated_at)
where p.instances is not null
group by t.name, p.name, p.instances
having count(b.workspace_id) > p.instances`;

const claimsText = `select workspace_id, count(*)::int as claims, array_agg(requested_by) as people
from creation_outcomes
where outcome = 'claimed'
group by workspace_id
having count(*) > 1`;

const lostText = `select b.workspace_id, b.drain_reason, b.claimed_at is not null as is_claimed
from prebuilds b
where b.drain_reason in ('agent_lost', 'resource_missing')`;

const openText = `select pid, state, left(query, 200) as query, extract(epoch from now() - xact_start)::int as seconds,
  coalesce(wait_event, '') as waits_for
from pg_stat_activity
where backend_type = 'client backend'
  and application_name <> 'chaos'
  and xact_start < now() - interval '10 seconds'`;

/** A transaction that a server's own outage left open may be there for so long. */
const openAfterMs = 20_000;

const logSigns: readonly (readonly [promise: string, sign: string])[] = [
  ["the ledger is never repaired", "the ledger differed from builds and agents, and was repaired"],
  ["no row is without its other half", "rows without their other half"],
];

/** What must be so at any time, looked at every second or so, from the database and the servers' logs. */
export class Sampler {
  readonly #deps: CheckDeps;
  readonly #offsets = new Map<string, number>();

  constructor(deps: CheckDeps) {
    this.#deps = deps;
  }

  async look(): Promise<void> {
    this.#readLogs();
    await this.#counts();
    await this.#claims();
    await this.#replaced();
    await this.#transactions();
  }

  /** I3: never more live prebuilds than desired; no template here has a surge. */
  async #counts(): Promise<void> {
    const { database, log } = this.#deps;
    for (const row of await database.rows<{ pool: string; instances: number; live: number }>(poolsText)) {
      log.violation("I3", row.pool, { what: `${row.pool} has ${row.live} of ${row.instances}`, evidence: row });
    }
  }

  /** I1. */
  async #claims(): Promise<void> {
    const { database, log } = this.#deps;
    for (const row of await database.rows<{ workspace_id: string; claims: number }>(claimsText)) {
      log.violation("I1", row.workspace_id, {
        what: `${row.workspace_id} was claimed ${row.claims} times`,
        evidence: row,
      });
    }
  }

  /** Nothing healthy is replaced: whose agent chaos has not touched was lost by the system's own doing. */
  async #replaced(): Promise<void> {
    const { database, log, touched } = this.#deps;
    for (const row of await database.rows<{ workspace_id: string; drain_reason: string }>(lostText)) {
      if (touched.of(row.workspace_id).length > 0) continue;
      log.violation("nothing healthy is replaced", row.workspace_id, {
        what: `${row.workspace_id} was replaced (${row.drain_reason}), and nobody had touched its agent`,
        evidence: row,
      });
    }
  }

  /** I6. */
  async #transactions(): Promise<void> {
    const { database, log, faults } = this.#deps;
    if (faults.open.length > 0 || log.elapsedMs - faults.healedAtMs < openAfterMs) return;
    for (const row of await database.rows<{ pid: number; seconds: number; state: string }>(openText)) {
      log.violation("I6", String(row.pid), {
        what: `a transaction has been open for ${row.seconds} s (${row.state})`,
        evidence: row,
      });
    }
  }

  #readLogs(): void {
    const { system, logFolder, log } = this.#deps;
    for (const { name } of system.servers) {
      const file = path.join(logFolder, `${name}.log`);
      if (!existsSync(file)) continue;
      const text = readFileSync(file, "utf8");
      const fresh = text.slice(this.#offsets.get(name) ?? 0);
      const end = fresh.lastIndexOf("\n") + 1;
      this.#offsets.set(name, (this.#offsets.get(name) ?? 0) + end);
      for (const line of fresh.slice(0, end).split("\n")) {
        for (const [promise, sign] of logSigns) {
          if (line.includes(sign)) log.violation(promise, line, { what: `${name} says: ${sign}`, evidence: line });
        }
      }
    }
  }
}
