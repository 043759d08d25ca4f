import type { DoctorFinding, DoctorReport } from "../../contracts/api/system.ts";
import { type LostAgents, lostAgentsOfPrebuilds } from "../../db/agents/lost-agents.ts";
import { type HeldLease, listLeases } from "../../db/servers/leases.ts";
import { type ListedServer, listServers } from "../../db/servers/servers.ts";
import type { AppContext } from "../app-context.ts";
import { finding } from "./finding.ts";
import { saidBy, serverSilentMs, serversShownMax } from "./list-servers.ts";

/** A difference is settled by the heartbeat that finds it; one that outlives several is not. */
const differenceMs = 10_000;
/** A claim that its agent does not know of after so long is not only on its way; a hook may still be running. */
const unservedMs = 60_000;
const secondMs = 1_000;

/** What the servers of the deployment say of themselves, and whether it is so. */
export async function serverFindings(
  context: AppContext,
): Promise<{ readonly findings: readonly DoctorFinding[]; readonly servers: DoctorReport["servers"] }> {
  const servers = await listServers(context.db, serversShownMax);
  const leases = await listLeases(context.db);
  const lost = await lostAgentsOfPrebuilds(context.db);
  const now = context.clock.now();
  return {
    findings: [
      ...servers.flatMap((server) => findingsOf(server, now)),
      ...sharedKey(servers),
      leaseHolders(leases, servers),
      agentFinding(lost),
    ],
    servers: servers.map((server) => saidBy(context, server)),
  };
}

function findingsOf(server: ListedServer, now: Date): readonly DoctorFinding[] {
  const { url, version, report } = server;
  const { held = 0, listed = 0, differSince = null } = report.agents ?? {};
  const name = `The server ${url}`;
  if (server.silent_ms > serverSilentMs) {
    const seconds = Math.round(server.silent_ms / secondMs);
    return [
      finding(
        "servers",
        "warning",
        `${name} has not been heard of for ${seconds} s; it held ${held} agents.`,
        "Look at its log and start it again. If it is gone for good, nothing is to be done: its agents come to the others, and it is forgotten after an hour.",
      ),
    ];
  }
  const since = (instant: string): number => now.getTime() - Date.parse(instant);
  const findings: DoctorFinding[] = [];
  if (differSince !== null && since(differSince) > differenceMs) {
    findings.push(
      finding(
        "servers",
        "warning",
        `${name} holds ${held} agents, and the database says ${listed}, since ${differSince}: those prebuilds cannot be claimed.`,
        "Each heartbeat puts it right within 3 s; if it stays, see the server's log for `server-presence`.",
      ),
    );
  }
  const { oldestUnserved = null } = report;
  if (oldestUnserved !== null && since(oldestUnserved.since) > unservedMs) {
    findings.push(
      finding(
        "servers",
        "warning",
        `The agent of the workspace "${oldestUnserved.workspace}" has not taken its owner's claim over since ${oldestUnserved.since}.`,
        `\`prewarm logs ${oldestUnserved.workspace}\` shows whether its claim hook is still running.`,
      ),
    );
  }
  if (report.hearsNews === false) {
    const message = `${name} does not hear the news of the others; it polls until its connection is back.`;
    findings.push(finding("servers", "warning", message, "See its log for `news connection`."));
  }
  for (const { controller, since: begun } of report.hung ?? []) {
    findings.push(
      finding(
        "controllers",
        "error",
        `The controller ${controller} of the server ${url} hangs: its run began at ${begun}.`,
        "Another server takes its work over where there is one; see that server's log, and restart it if it does not come back.",
      ),
    );
  }
  if (findings.length > 0) return findings;
  return [finding("servers", "ok", `${name} (${version}) is alive and holds ${held} agents, as the database says.`)];
}

/** States sealed by one server are opened by the others: they must have the key. */
function sharedKey(servers: readonly ListedServer[]): readonly DoctorFinding[] {
  const byKey = new Map<string, string[]>();
  for (const { url, report, silent_ms: silent } of servers) {
    if (report.stateKeyId === undefined || silent > serverSilentMs) continue;
    byKey.set(report.stateKeyId, [...(byKey.get(report.stateKeyId) ?? []), url]);
  }
  const [only, ...others] = byKey;
  if (only === undefined) return [];
  if (others.length === 0) {
    const who = only[1].length === 1 ? "One server seals" : `All ${only[1].length} servers seal`;
    return [finding("state key", "ok", `${who} provider states with the key ${only[0]}.`)];
  }
  const each = [...byKey].map(([key, urls]) => `${key} (${urls.join(", ")})`).join("; ");
  return [
    finding(
      "state key",
      "warning",
      `Servers seal provider states with different keys: ${each}.`,
      "Give all of them the same `state.key`, the new key first and the old one behind it, and restart them one by one.",
    ),
  ];
}

function leaseHolders(leases: readonly HeldLease[], servers: readonly ListedServer[]): DoctorFinding {
  const urls = new Map(servers.map(({ id, url }) => [id, url]));
  const held = leases.filter(({ left_ms: left }) => left > 0);
  const at = new Map<string, string[]>();
  for (const { name, holder } of held) {
    const url = urls.get(holder) ?? `a server that is not known (${holder})`;
    at.set(url, [...(at.get(url) ?? []), name]);
  }
  if (at.size === 0) return finding("leases", "ok", "No loop is running anywhere at this moment.");
  const each = [...at].map(([url, names]) => `${url}: ${names.join(", ")}`).join("; ");
  return finding("leases", "ok", `Loops of which one server runs each are at ${each}.`);
}

function agentFinding({ count, since }: LostAgents): DoctorFinding {
  if (count === 0) return finding("agents", "ok", "The agents of all prebuilds that were ready are connected.");
  return finding(
    "agents",
    "warning",
    `${count} agents of prebuilds were ready and are not connected, the first of them since ${since?.toISOString() ?? "an unknown time"}: their prebuilds cannot be claimed.`,
    "They come back by themselves when their server or network does; those that stay away for `prebuilds.agent_lost_after` are replaced.",
  );
}
