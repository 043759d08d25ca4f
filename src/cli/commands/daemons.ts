import type { DaemonView } from "../../contracts/api/daemons.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";

const stateTexts = { connected: "connected", signed_off: "signed off", away: "away" } as const;

const listDaemons = defineCommand({
  usage: "list",
  summary: "list the provisioner daemons, with the workspaces that lie on their hosts",
  example: "prewarm daemons list",
  read: () => undefined,
  async run(_options, { output, world, connect }) {
    const answer = await (await connect()).call("listDaemons", {});
    const now = world.clock.now();
    output.result(answer, () =>
      answer.daemons.length === 0
        ? "No provisioner has ever been connected."
        : output.table<DaemonView>(answer.daemons, [
            { title: "NAME", cell: ({ name }) => name },
            { title: "STATE", cell: ({ state }) => stateTexts[state] },
            { title: "SEEN", cell: ({ seenAt }) => relativeTime(seenAt, now) },
            { title: "DRIVERS", cell: ({ drivers }) => drivers.join(", ") || "–" },
            { title: "TAGS", cell: ({ tags }) => tagsText(tags) },
            { title: "JOBS", cell: ({ running, concurrency }) => `${running} of ${concurrency}`, align: "right" },
            { title: "RUNS", cell: ({ jobs }) => runsText(jobs, now) },
            { title: "WORKSPACES", cell: ({ workspaces }) => String(workspaces), align: "right" },
            { title: "VERSION", cell: ({ version }) => version },
          ]),
    );
    return exitCodes.done;
  },
});

const jobsNamedMax = 3;

/** The longest first, with since when. */
function runsText(jobs: DaemonView["jobs"], now: Date): string {
  const named = jobs.slice(0, jobsNamedMax).map((job) => {
    const work = job.kind === "build" ? (job.stage === "claim" ? "claim" : (job.transition ?? "build")) : job.kind;
    const what = job.workspace ?? job.template ?? job.jobId;
    return `${work.replace("template_", "")} ${what} (${relativeTime(job.startedAt, now)})`;
  });
  const rest = jobs.length - named.length;
  return [...named, ...(rest > 0 ? [`${rest} more`] : [])].join(", ") || "–";
}

function tagsText(tags: DaemonView["tags"]): string {
  const texts = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return texts.length === 0 ? "–" : texts.toSorted().join(", ");
}

const adoptDaemon = defineCommand<{ readonly daemon: string; readonly by: string }>({
  usage: "adopt <gone> <by>",
  summary: "have the workspaces of a daemon that is gone belong to another one",
  notes:
    "For administrators, after the workspaces' files were brought to the other daemon's host. Only drivers whose " +
    "workspaces lie on a host need it (process); their next job says so when the files are not there.",
  example: "prewarm daemons adopt rack-1 rack-2",
  read: (input) => ({ daemon: input.operand(0), by: input.operand(1) }),
  async run({ daemon, by }, { output, connect }) {
    const answer = await (await connect()).call("adoptDaemon", { params: { daemon }, body: { by } });
    const { adopted, left } = answer;
    output.result(answer, () =>
      left === 0
        ? `${by} has ${adopted} of ${daemon}'s workspaces: all of them.`
        : `${by} has ${adopted} of ${daemon}'s workspaces; ${left} stay, as it has not their driver or tags.`,
    );
    return exitCodes.done;
  },
});

const forgetDaemon = defineCommand<{ readonly daemon: string }>({
  usage: "forget <name>",
  summary: "leave a daemon that is gone out of lists and reports",
  notes: "For administrators. Refused while workspaces lie on its host. It is back when it registers again.",
  example: "prewarm daemons forget rack-1",
  read: (input) => ({ daemon: input.operand(0) }),
  async run(params, { output, connect }) {
    await (await connect()).call("forgetDaemon", { params });
    output.result({ forgotten: params.daemon }, () => `${params.daemon} is forgotten.`);
    return exitCodes.done;
  },
});

export const daemonCommands: readonly CliCommand[] = [listDaemons, adoptDaemon, forgetDaemon];
