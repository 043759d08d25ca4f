import { workspaceGroups } from "../../contracts/workspace-groups.ts";
import type { BulkAction } from "../../contracts/bulk-actions.ts";
import type { BulkAnswer, BulkRequest, BulkResult } from "../../contracts/api/workspaces-bulk.ts";
import { bulkWorkspacesMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand, type OptionSpec } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { confirmLoss } from "../prompts.ts";
import { refreshHosts } from "../ssh/refresh-hosts.ts";
import { readWorkspaceFilter, workspaceFilterOptions } from "../workspace-filter.ts";

const readFilter = (input: CommandInput) => definedOnly(readWorkspaceFilter(input));

type Filter = ReturnType<typeof readFilter>;

type Meant = Pick<BulkRequest, "workspaces" | "query" | "expectedCount">;

interface BulkOptions {
  readonly names: readonly string[];
  readonly filter: Filter;
  readonly byMs: number | undefined;
  readonly isAgreed: boolean;
}

function read(input: CommandInput): BulkOptions {
  const names = input.operands(0);
  const filter = readFilter(input);
  const isFiltered = Object.keys(filter).length > 0;
  if (names.length > 0 && isFiltered) input.refuse("Name workspaces or say which are meant, not both.");
  if (names.length === 0 && !isFiltered)
    input.refuse("Name the workspaces, or say which are meant, for example with --group failed or --owner me.");
  if (names.length > bulkWorkspacesMax) input.refuse(`At most ${bulkWorkspacesMax} workspaces are changed at once.`);
  return { names, filter, byMs: input.length("by") ?? undefined, isAgreed: input.isOn("yes") };
}

const doneWords: Readonly<Record<BulkAction, string>> = {
  start: "is started",
  stop: "is stopped",
  update: "is updated",
  extend: "extended",
  delete: "is deleted",
};

function outcomeText({ outcome, because, error }: BulkResult, action: BulkAction): string {
  switch (outcome) {
    case "done":
      return doneWords[action];
    case "skipped":
      return `passed over: ${because ?? ""}`;
    case "not_tried":
      return "not tried: the time of one request was over; run it again";
    case "refused":
      return `refused (${error?.code ?? ""}): ${printable(error?.message ?? "")} ${printable(error?.next ?? "")}`;
  }
}

function render(answer: BulkAnswer, output: Output): string {
  if (answer.results.length === 0) return "No workspace matches.";
  return output.table(answer.results, [
    { title: "NAME", cell: ({ name }) => name },
    {
      title: "RESULT",
      cell: (result) => outcomeText(result, answer.action),
      paint: (text, { outcome }) =>
        outcome === "done" ? output.paint.green(text) : outcome === "skipped" ? text : output.paint.red(text),
    },
  ]);
}

interface Bulk {
  readonly action: BulkAction;
  readonly summary: string;
  readonly notes?: string;
  readonly example: string;
  readonly options?: readonly OptionSpec[];
}

function bulkCommand({ action, summary, notes, example, options = [] }: Bulk): CliCommand {
  return defineCommand<BulkOptions>({
    usage: `${action} [workspace...]`,
    summary,
    notes:
      `${notes === undefined ? "" : `${notes} `}It returns as soon as the builds are queued. Each is told with what became ` +
      "of it; the exit code is 1 when one was refused.",
    example,
    options: [...options, ...workspaceFilterOptions],
    isOrganizational: true,
    read: (input) => {
      const asked = read(input);
      if (action === "extend" && asked.byMs === undefined) input.refuse("--by says how much longer they run.");
      return asked;
    },
    async run(asked, invocation) {
      const client = await invocation.connect();
      const meant =
        asked.names.length > 0 ? { workspaces: [...asked.names] } : await matching(asked.filter, invocation);
      if (action === "delete") {
        const count = meant.workspaces?.length ?? meant.expectedCount ?? 0;
        const message = `Delete ${count} workspaces and all that is in them?`;
        await confirmLoss(invocation.world, { message, isAgreed: asked.isAgreed });
      }
      const body: BulkRequest = { ...meant, action, ...definedOnly({ byMs: asked.byMs }) };
      const answer = await client.call("bulkWorkspaces", { body });
      invocation.output.result(
        answer,
        () => render(answer, invocation.output),
        () => answer.results.filter(({ outcome }) => outcome === "done").map(({ name }) => name),
      );
      if (action !== "stop") await refreshHosts(invocation.world, client);
      return answer.refused + answer.notTried === 0 ? exitCodes.done : exitCodes.failed;
    },
  });
}

/** Those that a filter finds now, with their number: should it be another when it is done, nothing is. */
async function matching(filter: Filter, { connect, organization }: Invocation): Promise<Meant> {
  const client = await connect();
  const query = { ...filter, ...organization };
  const { total } = await client.call("listWorkspaces", { query: { ...query, limit: 1 } });
  return { query, expectedCount: Math.min(total, bulkWorkspacesMax) };
}

const yes: OptionSpec = { flags: "-y, --yes", about: "do not ask" };
const by: OptionSpec = { flags: "--by <duration>", about: "how much longer they run, for example 2h" };

const countCommand = defineCommand<Filter>({
  usage: "count",
  summary: "say how many there are in each state",
  example: "prewarm workspaces count --all",
  options: workspaceFilterOptions.filter(({ flags }) => !/--(status|group)/.test(flags)),
  isOrganizational: true,
  read: readFilter,
  async run(filter, { connect, organization, output }) {
    const client = await connect();
    const { status: _status, group: _group, ...rest } = filter;
    const counts = await client.call("countWorkspaces", { query: { ...rest, ...organization } });
    output.result(counts, () =>
      output.fields([
        ...workspaceGroups.map((group) => [group, String(counts.groups[group])] as const),
        ["all", `${counts.total}${counts.isComplete ? "" : " or more"}`],
      ]),
    );
    return exitCodes.done;
  },
});

/** Acts upon many workspaces. */
export const workspacesBulkCommands: readonly CliCommand[] = [
  countCommand,
  bulkCommand({
    action: "start",
    summary: "start many workspaces",
    notes: "Those that run are passed over.",
    example: "prewarm workspaces start --group failed",
  }),
  bulkCommand({
    action: "stop",
    summary: "stop many workspaces",
    example: "prewarm workspaces stop dev review old",
  }),
  bulkCommand({
    action: "update",
    summary: "start many workspaces with their templates' active versions",
    notes: "Those that have it are passed over.",
    example: "prewarm workspaces update --outdated --template node",
  }),
  bulkCommand({
    action: "extend",
    summary: "let many workspaces run longer this time",
    example: "prewarm workspaces extend --by 2h --group running",
    options: [by],
  }),
  bulkCommand({
    action: "delete",
    summary: "delete many workspaces and what they are made of",
    notes: "Asks first on a terminal.",
    example: "prewarm workspaces delete dev review --yes",
    options: [yes],
  }),
];
