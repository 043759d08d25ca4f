import type { Client } from "../../client/client.ts";
import type { LogEntry } from "../../contracts/api/logs.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { isJobFinished } from "../../contracts/states.ts";
import { sleep } from "../../platform/sleep.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import { followJob } from "../follow/follow-job.ts";
import { readLog } from "../follow/read-log.ts";
import { noteSearch, readSearch, searchLog, searchOption } from "../follow/search-log.ts";
import type { Invocation } from "../invocation.ts";
import { renderLogLine } from "../output/log-line.ts";
import type { Output } from "../output/output.ts";
import type { CliWorld } from "../world.ts";

/** How often a followed agent's log is looked at. */
const agentPollMs = 1_000;

interface LogsOptions {
  readonly name: string;
  readonly isFollowing: boolean;
  readonly search: string | undefined;
}

type Source = "build" | "agent";
type Emit = (source: Source, entry: LogEntry) => void;

async function emitBuild(client: Client, workspace: Workspace, emit: Emit): Promise<void> {
  const { jobId } = workspace.latestBuild;
  if (jobId === null) return;
  const onEntry = (entry: LogEntry): void => emit("build", entry);
  await readLog((query) => client.call("getJobLogs", { params: { jobId }, query }), { onEntry });
}

function agentReader(client: Client, workspaceId: string) {
  return (query: { readonly after: number; readonly limit: number; readonly search?: string }) =>
    client.call("getAgentLogs", { params: { workspace: workspaceId }, query });
}

interface FollowOptions {
  readonly client: Client;
  readonly workspace: Workspace;
  readonly emit: Emit;
  readonly world: CliWorld;
}

/** Follows builds and agents until the workspace is gone, or the process is interrupted. */
async function follow(options: FollowOptions): Promise<void> {
  const { client, emit, world } = options;
  const params = { workspace: options.workspace.id };
  const onEntry = (entry: LogEntry): void => emit("agent", entry);
  let { workspace } = options;
  let shownBuild = 0;
  let after = 0;
  for (;;) {
    if (workspace.latestBuild.number > shownBuild) await followBuild({ client, workspace, emit, world });
    shownBuild = workspace.latestBuild.number;
    after = await readLog(agentReader(client, workspace.id), { after, onEntry });
    if (workspace.status === "deleted") return;
    await sleep(agentPollMs);
    workspace = await client.call("getWorkspace", { params });
  }
}

async function followBuild({ client, workspace, emit, world }: FollowOptions): Promise<void> {
  const { jobId, status } = workspace.latestBuild;
  if (jobId === null || isJobFinished(status)) return emitBuild(client, workspace, emit);
  const { signal } = new AbortController();
  await followJob({ client, jobId, onEntry: (entry) => emit("build", entry), signal, world });
}

/** What both logs have of a text. */
async function searchBoth(client: Client, workspace: Workspace, search: string, output: Output): Promise<void> {
  const { jobId } = workspace.latestBuild;
  const entries: ({ readonly source: Source } & LogEntry)[] = [];
  const emit = (source: Source) => ({ search, onEntry: (entry: LogEntry) => void entries.push({ source, ...entry }) });
  const isBuildWhole =
    jobId === null ||
    (await searchLog((query) => client.call("getJobLogs", { params: { jobId }, query }), emit("build")));
  const isWhole = (await searchLog(agentReader(client, workspace.id), emit("agent"))) && isBuildWhole;
  if (output.isStructured || entries.length > 0) {
    output.result({ entries, isWhole }, () => entries.map((entry) => renderLogLine(entry, output.paint)).join("\n"));
  }
  noteSearch(output, { found: entries.length, isWhole });
}

async function run({ name, isFollowing, search }: LogsOptions, invocation: Invocation): Promise<number> {
  const { output, world, connect } = invocation;
  const client = await connect();
  const workspace = await findWorkspace(client, name, invocation);
  if (search !== undefined) {
    await searchBoth(client, workspace, search, output);
    return exitCodes.done;
  }
  if (isFollowing) {
    // One JSON object a line: a document that never ends could not be parsed.
    const emit: Emit = (source, entry) => output.item({ source, ...entry }, () => renderLogLine(entry, output.paint));
    await follow({ client, workspace, emit, world });
    return exitCodes.done;
  }
  const entries: ({ readonly source: Source } & LogEntry)[] = [];
  await emitBuild(client, workspace, (source, entry) => void entries.push({ source, ...entry }));
  const onEntry = (entry: LogEntry): void => void entries.push({ source: "agent", ...entry });
  await readLog(agentReader(client, workspace.id), { onEntry });
  if (!output.isStructured && entries.length === 0) output.progress("There are no log lines yet.");
  else output.result({ entries }, () => entries.map((entry) => renderLogLine(entry, output.paint)).join("\n"));
  return exitCodes.done;
}

export const logsCommand = defineCommand<LogsOptions>({
  usage: "logs <workspace>",
  summary: "show the log of the latest build and of the agents",
  notes: "With -f and --json each entry is one JSON object on a line of its own.",
  example: "prewarm logs -f dev",
  options: [{ flags: "-f, --follow", about: "go on as lines are written, until the workspace is gone" }, searchOption],
  isOrganizational: true,
  read: (input) => ({ name: input.operand(0), isFollowing: input.isOn("follow"), search: readSearch(input) }),
  run,
});
