import { seenOf } from "../load/watcher.ts";
import type { CheckDeps } from "./check-deps.ts";
import { factsHold } from "./facts-hold.ts";
import type { Finding, Requirement } from "./finding.ts";

const jobsText = `select j.id, j.kind, j.status, j.driver, j.attempt, d.name as daemon, w.name as workspace,
  extract(epoch from now() - j.created_at)::int as seconds, j.blocked_because
from jobs j
left join daemons d on d.id = j.daemon_id
left join workspaces w on w.id = j.workspace_id
where j.status in ('pending', 'running', 'canceling')
order by j.created_at
limit 20`;

const readyText = `select t.name || '/' || p.name as pool, count(*)::int as ready
from prebuilds b
join presets p on p.id = b.preset_id
join templates t on t.id = p.template_id
where b.state = 'ready'
group by 1`;

/** Everything that must be so when nothing is wrong and nobody asks for anything, and how soon. */
export function requirementsAtRest(deps: CheckDeps, isLast: boolean): readonly Requirement[] {
  return [
    serversReady(deps),
    daemonsThere(deps),
    poolsFull(deps),
    jobsDone(deps),
    doctorCalm(deps, isLast),
    watchersAgree(deps),
    factsHold(deps),
  ];
}

function serversReady({ system }: CheckDeps): Requirement {
  return {
    promise: "servers are ready again",
    withinMs: 20_000,
    look: async () => {
      const ready = await Promise.all(system.servers.map((server) => system.isReady(server).catch(() => false)));
      return system.servers.flatMap(({ name }, nth) =>
        ready[nth] === true ? [] : [{ about: name, what: `${name} is not ready`, evidence: null }],
      );
    },
  };
}

function daemonsThere({ crew, system }: CheckDeps): Requirement {
  return {
    promise: "daemons are there again",
    withinMs: 30_000,
    look: async () => {
      const { daemons } = await crew.admin.call("doctor", {});
      return system.daemons.flatMap(({ name }) => {
        const found = daemons.find((daemon) => daemon.name === name);
        return found?.isAlive === true ? [] : [{ about: name, what: `${name} is not shown as alive`, evidence: found }];
      });
    },
  };
}

/** Full, by what is shown and by what a claim would find: the two are one (I5). */
function poolsFull({ crew, database }: CheckDeps): Requirement {
  return {
    promise: "pools are full again",
    withinMs: 60_000,
    look: async () => {
      const { pools, isPaused } = await crew.admin.call("listPools", { query: { limit: 100 } });
      const rows = await database.rows<{ pool: string; ready: number }>(readyText);
      const ready = new Map(rows.map((row) => [row.pool, row.ready]));
      return pools
        .filter((pool) => pool.isActive)
        .flatMap((pool): Finding[] => {
          const name = `${pool.template}/${pool.preset}`;
          const isFull =
            pool.eligible === pool.desired && pool.actual === pool.desired && pool.starting + pool.deleting === 0;
          if (isFull && ready.get(name) === pool.eligible) return [];
          const what = `${name} has ${pool.eligible} eligible and ${ready.get(name) ?? 0} ready of ${pool.desired}`;
          return [{ about: name, what, evidence: { pool, isPaused } }];
        });
    },
  };
}

function jobsDone({ database }: CheckDeps): Requirement {
  return {
    promise: "every job ends",
    withinMs: 60_000,
    look: async () => {
      const rows = await database.rows<{ id: string; kind: string; status: string; seconds: number }>(jobsText);
      return rows.map((row) => ({
        about: row.id,
        what: `a job (${row.kind}) is ${row.status} since ${row.seconds} s`,
        evidence: row,
      }));
    },
  };
}

/**
 * A controller that failed is told of until its next run, which may be a minute away: a round does not wait for that,
 * the end does.
 */
function doctorCalm({ crew, system }: CheckDeps, isLast: boolean): Requirement {
  return {
    promise: "doctor has nothing to say",
    withinMs: 75_000,
    look: async () => {
      const reports = await Promise.all(system.servers.map(async ({ port }) => await crew.doctorOf(port)));
      return reports.flatMap(({ findings }, nth) =>
        findings
          .filter((finding) => finding.severity !== "ok" && (isLast || finding.check !== "controllers"))
          .map((finding) => ({
            about: `${finding.check} ${system.servers[nth]?.name}`,
            what: `${system.servers[nth]?.name}: ${finding.message}`,
            evidence: finding,
          })),
      );
    },
  };
}

/** An open stream shows what is true, also when the news of it was lost. */
function watchersAgree({ crew }: CheckDeps): Requirement {
  return {
    promise: "open streams show what is true",
    withinMs: 20_000,
    look: async () => {
      const findings = await Promise.all(
        crew.people.map(async ({ name, client, watcher }): Promise<Finding[]> => {
          const { last } = watcher;
          if (last === null) return [];
          const params = { workspace: last.workspaceId };
          const now = await client.call("getWorkspace", { params }).then(seenOf, () => null);
          // Deleted, and not to be seen any more: its stream has ended or is about to.
          if (now === null || JSON.stringify(now) === JSON.stringify(last)) return [];
          return [
            { about: `${name} ${last.workspaceId}`, what: `${name}'s stream shows what was`, evidence: { last, now } },
          ];
        }),
      );
      return findings.flat();
    },
  };
}
