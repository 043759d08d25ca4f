import type { Job } from "../../contracts/api/jobs.ts";
import type { LogEntry } from "../../contracts/api/logs.ts";
import { jobLanes } from "../../contracts/job-queue.ts";
import { jobStatuses } from "../../contracts/states.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { followJob } from "../follow/follow-job.ts";
import { readLog } from "../follow/read-log.ts";
import { noteSearch, readSearch, searchLog, searchOption } from "../follow/search-log.ts";
import { renderLogLine } from "../output/log-line.ts";
import type { Output } from "../output/output.ts";
import { relativeTime } from "../output/time-text.ts";
import { pageOptions, readPage } from "../paging.ts";

function readFilter(input: CommandInput) {
  const tag = input.text("tag");
  if (tag !== undefined && !/^[^=]+=.*$/s.test(tag)) input.refuse(`--tag is "${tag}"; it must be key=value.`);
  return {
    ...readPage(input),
    status: input.choice("status", jobStatuses),
    initiator: input.text("initiator"),
    template: input.text("template"),
    tag,
    lane: input.choice("lane", jobLanes),
  };
}

function workOf(job: Job): string {
  if (job.kind === "template_import") return "import";
  if (job.kind === "rehearsal") return "rehearsal";
  return job.stage === "claim" ? "claim" : `${job.transition ?? "build"}${job.isPrebuild ? " (prebuild)" : ""}`;
}

const laneTexts = {
  people: "of people's jobs",
  removals: "of the pools' deletes",
  prebuilds: "of the pools' builds",
} as const;

function noteOf(job: Job): string {
  if (job.waitingFor !== null) return `waits for ${job.waitingFor.text}`;
  return job.error === null ? "" : `${job.error} [${job.errorCode ?? "unknown"}]`;
}

function tagsOf(job: Job): string {
  const tags = Object.entries(job.tags).map(([key, value]) => `${key}=${value}`);
  return tags.join(" ") || "–";
}

function renderJobs(jobs: readonly Job[], output: Output, now: Date): string {
  return output.table(jobs, [
    { title: "ID", cell: ({ id }) => id },
    {
      title: "STATUS",
      cell: ({ status, queuePosition }) => (queuePosition === null ? status : `${status} #${queuePosition}`),
    },
    { title: "WORK", cell: workOf },
    { title: "TEMPLATE", cell: ({ template }) => template ?? "–" },
    { title: "WORKSPACE", cell: ({ workspace }) => workspace ?? "–" },
    { title: "INITIATOR", cell: ({ initiator }) => initiator },
    { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
    { title: "DAEMON", cell: ({ daemon }) => daemon ?? "–", isWide: true },
    { title: "TAGS", cell: tagsOf, isWide: true },
    { title: "NOTE", cell: noteOf },
  ]);
}

const listJobs = defineCommand<ReturnType<typeof readFilter>>({
  usage: "list",
  summary: "list provisioner jobs: pending ones in queue order, then the newest",
  example: "prewarm jobs list --status pending --initiator prebuilds",
  options: [
    { flags: "--status <status>", choices: jobStatuses, about: jobStatuses.join(", ") },
    { flags: "--initiator <username>", about: "begun by; `prebuilds` for the pools' own" },
    { flags: "--template <name>", about: "of this template" },
    { flags: "--tag <key=value>", about: "that carry this tag" },
    {
      flags: "--lane <lane>",
      choices: jobLanes,
      about: "people's, the pools' deletes (removals) or builds (prebuilds)",
    },
    ...pageOptions,
  ],
  isOrganizational: true,
  read: readFilter,
  async run(options, { output, world, connect, organization }) {
    const client = await connect();
    const answer = await client.call("listJobs", { query: { ...definedOnly(options), ...organization } });
    output.result(answer, () =>
      answer.jobs.length === 0 ? "No jobs." : renderJobs(answer.jobs, output, world.clock.now()),
    );
    output.noteRest({ shown: answer.jobs.length, offset: options.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

const showJob = defineCommand<{ readonly jobId: string }>({
  usage: "show <job>",
  summary: "show a job",
  example: "prewarm jobs show 0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b11",
  read: (input) => ({ jobId: input.operand(0) }),
  async run(params, { output, world, connect }) {
    const job = await (await connect()).call("getJob", { params });
    const now = world.clock.now();
    output.result(job, () =>
      output.fields([
        ["id", job.id],
        ["status", job.queuePosition === null ? job.status : `${job.status}, number ${job.queuePosition} in the queue`],
        ["work", workOf(job)],
        ...(job.place === null ? [] : [["place", `number ${job.place} ${laneTexts[job.lane]}`] as const]),
        ...(job.waitingFor === null ? [] : [["waits for", job.waitingFor.text] as const]),
        ["template", job.template ?? "–"],
        ["workspace", job.workspace ?? "–"],
        ["initiator", job.initiator],
        ["daemon", job.daemon ?? "–"],
        ["tags", tagsOf(job)],
        ["created", relativeTime(job.createdAt, now)],
        ["started", relativeTime(job.startedAt, now)],
        ["completed", relativeTime(job.completedAt, now)],
        ...(job.error === null ? [] : [["note", noteOf(job)] as const]),
      ]),
    );
    return exitCodes.done;
  },
});

const showJobLogs = defineCommand<{
  readonly jobId: string;
  readonly isFollowing: boolean;
  readonly search: string | undefined;
}>({
  usage: "logs <job>",
  summary: "show the log of a job",
  notes: "With -f it ends with the job, and exits 1 unless that succeeded; with --json each line is an object then.",
  example: "prewarm jobs logs -f 0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b11",
  options: [{ flags: "-f, --follow", about: "go on until the job ends" }, searchOption],
  read: (input) => ({ jobId: input.operand(0), isFollowing: input.isOn("follow"), search: readSearch(input) }),
  async run({ jobId, isFollowing, search }, { output, world, connect }) {
    const client = await connect();
    if (isFollowing) {
      const onEntry = (entry: LogEntry): void => output.item(entry, () => renderLogLine(entry, output.paint));
      const { signal } = new AbortController();
      const onWaiting = (reason: string): void => output.progress(reason);
      const job = await followJob({ client, jobId, onEntry, onWaiting, signal, world });
      output.progress(`The job has ${job?.status ?? "not ended"}.`);
      return job?.status === "succeeded" ? exitCodes.done : exitCodes.failed;
    }
    const entries: LogEntry[] = [];
    const onEntry = (entry: LogEntry): void => void entries.push(entry);
    const shown = (): string => entries.map((entry) => renderLogLine(entry, output.paint)).join("\n");
    if (search !== undefined) {
      const page = (query: { readonly after: number; readonly limit: number; readonly search: string }) =>
        client.call("getJobLogs", { params: { jobId }, query });
      const isWhole = await searchLog(page, { search, onEntry });
      if (output.isStructured || entries.length > 0) output.result({ entries, isWhole }, shown);
      noteSearch(output, { found: entries.length, isWhole });
      return exitCodes.done;
    }
    await readLog((query) => client.call("getJobLogs", { params: { jobId }, query }), { onEntry });
    if (!output.isStructured && entries.length === 0) output.progress("There are no log lines yet.");
    else output.result({ entries }, shown);
    return exitCodes.done;
  },
});

export const jobReadCommands: readonly CliCommand[] = [listJobs, showJob, showJobLogs];
