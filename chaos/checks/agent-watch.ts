import { agentProcesses, connectionsTo, socketsOf } from "../system/process-list.ts";
import { type AgentRow, type AgentSeen, compareAgents, MismatchClock } from "./agent-comparison.ts";
import type { CheckDeps } from "./check-deps.ts";

const rowsText = `select a.id, a.workspace_id, w.name as workspace, a.server_id is not null as is_shown,
  w.deleted_at is null as is_live,
  l.transition = 'start' and coalesce(j.status, 'succeeded') = 'succeeded' as is_started,
  coalesce(j.status, 'succeeded') <> 'succeeded' as is_open
from agents a
join workspaces w on w.id = a.workspace_id
join builds l on l.id = w.latest_build_id
join template_versions v on v.id = l.template_version_id
left join jobs j on j.id = l.job_id
where a.retired_at is null
  and v.driver = 'process'
  and (w.deleted_at is null or w.deleted_at > now() - interval '10 minutes')`;

export interface AgentCount {
  readonly connected: number;
  readonly shown: number;
}

/** Watches that what is shown of agents is what they are: every look holds the database against /proc. */
export class AgentWatch {
  readonly #deps: CheckDeps;
  readonly #clock = new MismatchClock();
  count: AgentCount = { connected: 0, shown: 0 };
  /** Whether the last look found nothing that may yet become a violation; leaks take longer, and are asked for last. */
  isInOrder = false;
  readonly #reported = new Set<string>();

  constructor(deps: CheckDeps) {
    this.#deps = deps;
  }

  async look(): Promise<void> {
    const { database, log, faults } = this.#deps;
    const rows = await database.rows<AgentRow>(rowsText);
    const seen = this.#seen();
    const connected = seen.filter((one) => one.connectedSinceMs !== null).length;
    this.count = { connected, shown: rows.filter((row) => row.is_shown).length };
    const mismatches = compareAgents(rows, seen);
    this.isInOrder = mismatches.every(
      (one) => one.kind === "lives, and should not" || this.#reported.has(`${one.kind} ${one.workspaceId}`),
    );
    const calmSinceMs = faults.open.length > 0 ? null : faults.healedAtMs;
    const late = this.#clock.tick(mismatches, { nowMs: log.elapsedMs, calmSinceMs });
    if (late.length > 0) await this.#report(late);
  }

  async #report(late: ReturnType<MismatchClock["tick"]>): Promise<void> {
    const { log, touched } = this.#deps;
    for (const { kind, workspaceId, lastsMs, evidence } of late) {
      this.#reported.add(`${kind} ${workspaceId}`);
      log.violation(`an agent ${kind}`, workspaceId, {
        what: `the agent of ${workspaceId} ${kind}, for ${Math.round(lastsMs / 1_000)} s`,
        evidence: { evidence, touched: touched.of(workspaceId) },
      });
    }
    const [first] = late;
    if (first?.kind !== "connected, and not shown so") return;
    const silent = await this.#silentDoctors();
    if (silent.length === 0) return;
    log.violation("doctor says what is wrong", "agents", {
      what: `agents are connected and not shown so, and doctor finds nothing on ${silent.join(", ")}`,
      evidence: { servers: silent },
    });
  }

  /** Servers on which `doctor` has nothing to say but that all is well. */
  async #silentDoctors(): Promise<readonly string[]> {
    const { system, crew } = this.#deps;
    const silent: string[] = [];
    for (const server of system.servers) {
      const report = await crew.doctorOf(server.port).catch(() => null);
      if (report?.findings.every((finding) => finding.severity === "ok") === true) silent.push(server.name);
    }
    return silent;
  }

  #seen(): readonly AgentSeen[] {
    const { system, folder, log } = this.#deps;
    const connections = new Map(system.balancer.agentConnections().map((one) => [one.clientPort, one]));
    const portOf = connectionsTo(system.balancerPort);
    return agentProcesses(folder).map(({ pid, workspaceId, isFrozen }) => {
      const since = socketsOf(pid).flatMap((inode) => connections.get(portOf.get(inode) ?? -1)?.sinceMs ?? []);
      return {
        pid,
        workspaceId,
        isFrozen,
        connectedSinceMs: since.length === 0 ? null : log.at(Math.min(...since)),
      };
    });
  }
}
