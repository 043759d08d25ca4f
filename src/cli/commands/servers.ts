import type { ServerView } from "../../contracts/api/servers.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";

const listServers = defineCommand({
  usage: "list",
  summary: "list the servers of the deployment, with the leases that each holds",
  notes: "For administrators. A silent one has missed several heartbeats.",
  example: "prewarm servers list",
  read: () => undefined,
  async run(_options, { output, world, connect }) {
    const answer = await (await connect()).call("listServers", {});
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<ServerView>(answer.servers, [
        { title: "URL", cell: ({ url, isSelf }) => (isSelf ? `${url} (asked)` : url) },
        { title: "STATE", cell: ({ state }) => state },
        { title: "SEEN", cell: ({ seenAt }) => relativeTime(seenAt, now) },
        { title: "STARTED", cell: ({ startedAt }) => relativeTime(startedAt, now) },
        { title: "AGENTS", cell: ({ agentsHeld }) => String(agentsHeld), align: "right" },
        { title: "VERSION", cell: ({ version }) => version },
        { title: "LEASES", cell: ({ leases }) => leases.join(", ") || "–" },
      ]),
    );
    return exitCodes.done;
  },
});

export const serverListCommands: readonly CliCommand[] = [listServers];
