import { workspaceSorts as sorts } from "../../contracts/workspace-sorts.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { pageSizeDefault } from "../../contracts/limits.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import type { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { nextText } from "../output/next-text.ts";
import { relativeTime } from "../output/time-text.ts";
import { refreshHosts } from "../ssh/refresh-hosts.ts";
import { pageOptions, readPage } from "../paging.ts";
import { readWorkspaceFilter, workspaceFilterOptions } from "../workspace-filter.ts";

const orders = ["asc", "desc"] as const;

function read(input: CommandInput) {
  return {
    ...readPage(input),
    ...readWorkspaceFilter(input),
    dormant: input.isOn("dormant") ? true : undefined,
    sort: input.choice("sort", sorts),
    order: input.choice("order", orders),
  };
}

type ListOptions = ReturnType<typeof read>;

export function paintStatus(output: Output, status: Workspace["status"]): (text: string) => string {
  if (status === "running") return output.paint.green;
  if (status === "failed" || status === "canceled") return output.paint.red;
  return status === "stopped" || status === "deleted" ? output.paint.dim : output.paint.yellow;
}

const costColumn: Column<Workspace> = { title: "COST", cell: ({ cost }) => String(cost), align: "right" };

const troubleTexts: Readonly<Record<NonNullable<Workspace["trouble"]>["kind"], string>> = {
  prewarm_failed: "prewarm hook failed",
  claim_failed: "claim hook failed",
  not_connected: "agent did not connect",
  not_ready: "did not become ready",
};

/** The status, and for one that should run: what is lost of it, or what is wrong in it. */
function statusText({ status, lost, trouble }: Workspace): string {
  if (lost !== undefined) return `${status}, ${lost.kind === "agent" ? "agent lost" : "gone from its host"}`;
  return trouble === undefined ? status : `${status}, ${troubleTexts[trouble.kind]}`;
}

function paintOf(output: Output, { status, lost, trouble }: Workspace): (text: string) => string {
  return lost === undefined && trouble === undefined ? paintStatus(output, status) : output.paint.red;
}

interface Shown {
  readonly isOwnerShown: boolean;
  /** Where nothing costs anything, nobody counts. */
  readonly isCostShown: boolean;
}

/** As other commands take it. */
function nameIn({ isOwnerShown }: Shown, { owner, name }: Workspace): string {
  return isOwnerShown ? `${owner}/${name}` : name;
}

function columns(output: Output, shown: Shown, now: Date): readonly Column<Workspace>[] {
  const yesNo = (is: boolean): string => (is ? "yes" : "no");
  return [
    { title: "NAME", cell: (workspace) => nameIn(shown, workspace) },
    { title: "STATUS", cell: statusText, paint: (text, workspace) => paintOf(output, workspace)(text) },
    { title: "USABLE", cell: ({ isUsable }) => yesNo(isUsable) },
    { title: "TEMPLATE", cell: ({ template, isOutdated }) => (isOutdated ? `${template} (outdated)` : template) },
    { title: "PRESET", cell: ({ preset }) => preset ?? "–" },
    ...(shown.isCostShown ? [costColumn] : []),
    { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
    { title: "NEXT", cell: (workspace) => nextText(workspace, now) },
    { title: "LAST USED", cell: ({ lastUsedAt }) => relativeTime(lastUsedAt, now) },
    { title: "VERSION", cell: ({ latestBuild }) => latestBuild.templateVersion, isWide: true },
    { title: "ORGANIZATION", cell: ({ organization }) => organization, isWide: true },
    { title: "ID", cell: ({ id }) => id, isWide: true },
  ];
}

async function run(options: ListOptions, invocation: Invocation): Promise<number> {
  const { output, world, connect, organization } = invocation;
  const client = await connect();
  const answer = await client.call("listWorkspaces", { query: { ...definedOnly(options), ...organization } });
  const shown = {
    isOwnerShown: options.owner !== undefined && options.owner !== "me",
    isCostShown: answer.workspaces.some((workspace) => workspace.cost > 0),
  };
  output.result(
    answer,
    () =>
      answer.workspaces.length === 0
        ? "No workspaces."
        : output.table(answer.workspaces, columns(output, shown, world.clock.now())),
    () => answer.workspaces.map((workspace) => nameIn(shown, workspace)),
  );
  output.noteRest({ shown: answer.workspaces.length, offset: options.offset ?? 0, total: answer.total });
  await refreshHosts(world, client);
  return exitCodes.done;
}

export const listWorkspacesCommand = defineCommand<ListOptions>({
  usage: "list",
  summary: "list workspaces",
  example: "prewarm list --all --status failed --sort last_used --order desc",
  options: [
    ...workspaceFilterOptions,
    { flags: "--dormant", about: "only those that are dormant" },
    { flags: "--sort <by>", choices: sorts, about: sorts.join(", ") },
    { flags: "--order <order>", choices: orders, about: orders.join(" or ") },
    ...pageOptions.map((option) =>
      option.flags.startsWith("--limit")
        ? { ...option, about: `${option.about}; ${pageSizeDefault} unless said` }
        : option,
    ),
  ],
  isOrganizational: true,
  read,
  run,
});
