import type { ServerView } from "../../contracts/api/servers.ts";
import { listLeases } from "../../db/servers/leases.ts";
import { type ListedServer, listServers } from "../../db/servers/servers.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant } from "../page.ts";

export const serversShownMax = 100;
/** Several heartbeats were missed. */
export const serverSilentMs = 15_000;

export async function listKnownServers(context: AppContext, actor: Actor): Promise<{ servers: ServerView[] }> {
  requireAdministrator(actor, "list the servers of the deployment");
  const servers = await listServers(context.db, serversShownMax);
  const held = (await listLeases(context.db)).filter(({ left_ms: leftMs }) => leftMs > 0);
  return {
    servers: servers.map((server) => ({
      ...saidBy(context, server),
      id: server.id,
      state: server.silent_ms > serverSilentMs ? "silent" : "alive",
      startedAt: instant(server.started_at),
      leases: held.filter(({ holder }) => holder === server.id).map(({ name }) => name),
    })),
  };
}

/** What a server said of itself last; `prewarm doctor` shows the same. */
export function saidBy(
  context: AppContext,
  server: ListedServer,
): Pick<ServerView, "url" | "version" | "isSelf" | "seenAt" | "silentMs" | "agentsHeld" | "agentsListed"> {
  return {
    url: server.url,
    version: server.version,
    isSelf: server.id === context.serverId,
    seenAt: instant(server.seen_at),
    silentMs: Math.round(server.silent_ms),
    agentsHeld: server.report.agents?.held ?? 0,
    agentsListed: server.report.agents?.listed ?? 0,
  };
}
