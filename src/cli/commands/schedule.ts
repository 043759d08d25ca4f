import type { Client } from "../../client/client.ts";
import type { AuditEntry } from "../../contracts/api/audit.ts";
import type { ScheduleWeek, WorkspaceSchedule } from "../../contracts/api/schedules.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { formatDurationMs } from "../../platform/config/duration.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { renderAudit } from "../output/audit-table.ts";
import type { Output } from "../output/output.ts";
import { renderWeek } from "../output/week-table.ts";
import { relativeTime } from "../output/time-text.ts";

const cronNotes =
  "A cron is MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK and a time zone (UTC without one); fields take numbers, ranges " +
  "and comma lists, and all but the minute *. Sunday is 0.";

function timeText(at: string | null, now: Date): string {
  return at === null ? "–" : `${relativeTime(at, now)} (${at.slice(0, 16).replace("T", " ")} UTC)`;
}

function render(name: string, schedule: WorkspaceSchedule, { output, now }: { output: Output; now: Date }): string {
  const { policy } = schedule;
  const limit = policy.maxTtlMs === null ? "" : ` (at most ${formatDurationMs(policy.maxTtlMs)})`;
  return output.fields([
    ["workspace", name],
    [
      "autostart",
      schedule.autostartSchedule ?? (policy.isAutostartAllowed ? "manual" : "manual (the template allows no other)"),
    ],
    ["next start", timeText(schedule.nextAutostartAt, now)],
    ["ttl", `${schedule.ttlMs === null ? "manual" : formatDurationMs(schedule.ttlMs)}${limit}`],
    ["stops", timeText(schedule.deadlineAt, now)],
    ["at the latest", timeText(schedule.maxDeadlineAt, now)],
    ["last used", relativeTime(schedule.lastUsedAt, now)],
    ["becomes dormant", timeText(schedule.becomesDormantAt, now)],
    ...(schedule.dormantAt === null ? [] : [["dormant since", timeText(schedule.dormantAt, now)] as const]),
    ["deleted", timeText(schedule.deletingAt, now)],
  ]);
}

/** The last acts that `schedule show` lists; `prewarm audit list` lists all. */
const actsShown = 5;

interface Beside {
  readonly acts: readonly AuditEntry[];
  readonly week: ScheduleWeek;
}

async function besideOf(client: Client, workspace: Workspace): Promise<Beside> {
  const query = { workspace: workspace.id, limit: actsShown };
  const { entries } = await client.call("listAudit", { query });
  return { acts: entries, week: await client.call("getWorkspaceWeek", { ...paramsOf(workspace), query: {} }) };
}

interface ScheduleCommand<Options> {
  readonly usage: string;
  readonly summary: string;
  readonly notes?: string;
  readonly example: string;
  /** Whether it lists the coming week, and what was done of late. */
  readonly isWhole?: boolean;
  readonly read: (input: Parameters<Parameters<typeof defineCommand<Options>>[0]["read"]>[0]) => Options;
  readonly call: (client: Client, workspace: Workspace, options: Options) => Promise<WorkspaceSchedule>;
}

/** Each of them names a workspace, and answers with its schedule as it is then. */
function scheduleCommand<Options>(command: ScheduleCommand<Options>): CliCommand {
  return defineCommand<{ readonly name: string; readonly options: Options }>({
    usage: command.usage,
    summary: command.summary,
    ...(command.notes === undefined ? {} : { notes: command.notes }),
    example: command.example,
    isOrganizational: true,
    read: (input) => ({ name: input.operand(0), options: command.read(input) }),
    async run({ name, options }, invocation: Invocation) {
      const client = await invocation.connect();
      const workspace = await findWorkspace(client, name, invocation);
      const schedule = await command.call(client, workspace, options);
      const { output, world } = invocation;
      const beside = command.isWhole === true ? await besideOf(client, workspace) : undefined;
      output.result({ ...schedule, ...beside }, () => {
        const parts = [render(workspace.name, schedule, { output, now: world.clock.now() })];
        if (beside !== undefined && beside.week.runs.length > 0) parts.push(renderWeek(beside.week, output));
        if (beside !== undefined && beside.acts.length > 0) parts.push(renderAudit(beside.acts, output));
        return parts.join("\n\n");
      });
      return exitCodes.done;
    },
  });
}

const paramsOf = (workspace: Workspace) => ({ params: { workspace: workspace.id } });

export const scheduleCommands: readonly CliCommand[] = [
  scheduleCommand({
    usage: "show <workspace>",
    summary:
      "show when it is started, stopped, set dormant and deleted by itself, its coming week, and what was done last",
    notes: "`prewarm audit list --workspace NAME` lists all that was done.",
    example: "prewarm schedule show dev",
    isWhole: true,
    read: () => ({}),
    call: async (client, workspace) => await client.call("getWorkspaceSchedule", paramsOf(workspace)),
  }),
  scheduleCommand({
    usage: "start <workspace> <cron>",
    summary: "start it by itself at these times; `manual`: never",
    notes: cronNotes,
    example: 'prewarm schedule start dev "0 9 * * 1-5 Europe/Berlin"',
    read: (input) => ({ autostartSchedule: input.operand(1) === "manual" ? null : input.operand(1) }),
    call: async (client, workspace, body) =>
      await client.call("setWorkspaceSchedule", { ...paramsOf(workspace), body }),
  }),
  scheduleCommand({
    usage: "stop <workspace> <duration>",
    summary: "stop it so long after its start unless it is used; `manual`: never",
    notes: "Of a workspace that runs, the time begins anew.",
    example: "prewarm schedule stop dev 8h",
    read: (input) => {
      const word = input.operand(1);
      return { ttlMs: word === "manual" ? null : input.lengthOf("The TTL", word) };
    },
    call: async (client, workspace, body) =>
      await client.call("setWorkspaceSchedule", { ...paramsOf(workspace), body }),
  }),
  scheduleCommand({
    usage: "extend <workspace> <duration>",
    summary: "let it run so much longer this time",
    example: "prewarm schedule extend dev 2h",
    read: (input) => ({
      byMs: input.lengthOf("The extension", input.operand(1)) ?? input.refuse("Extend it by at least a minute."),
    }),
    call: async (client, workspace, body) => await client.call("extendWorkspace", { ...paramsOf(workspace), body }),
  }),
  scheduleCommand({
    usage: "sleep <workspace>",
    summary: "set it dormant: stopped, and deleted later if its template says so",
    example: "prewarm schedule sleep dev",
    read: () => ({ dormant: true }),
    call: async (client, workspace, body) =>
      await client.call("setWorkspaceDormancy", { ...paramsOf(workspace), body }),
  }),
  scheduleCommand({
    usage: "wake <workspace>",
    summary: "wake a dormant workspace without starting it; `prewarm start` does both",
    example: "prewarm schedule wake dev",
    read: () => ({ dormant: false }),
    call: async (client, workspace, body) =>
      await client.call("setWorkspaceDormancy", { ...paramsOf(workspace), body }),
  }),
];
