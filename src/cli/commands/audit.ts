import type { Client } from "../../client/client.ts";
import type { AuditEntry } from "../../contracts/api/audit.ts";
import type { QueryOf } from "../../contracts/api/route.ts";
import type { Routes } from "../../contracts/api/routes.ts";
import { auditTargetKinds } from "../../contracts/audit-actions.ts";
import { pageSizeDefault, pageSizeMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { instantOf, readMoment } from "../moment.ts";
import { renderAudit } from "../output/audit-table.ts";

/** Pages that are asked for when few entries match, before the search says how far back it came. */
const pagesMax = 20;

type AuditQuery = QueryOf<Routes["listAudit"]>;

function readFilter(input: CommandInput) {
  const before = input.text("before");
  if (before !== undefined && !/^\d{1,15}-\d{1,15}$/.test(before)) {
    input.refuse(`--before is "${before}"; it must be as the page before named it.`);
  }
  return {
    filter: {
      action: input.text("action"),
      actor: input.text("actor"),
      kind: input.choice("kind", auditTargetKinds),
      name: input.text("name"),
      workspace: input.text("workspace"),
      template: input.text("template"),
      before,
    },
    since: readMoment(input, "since"),
    until: readMoment(input, "until"),
    limit: input.integer("limit", { min: 1, max: pageSizeMax }) ?? pageSizeDefault,
  };
}

interface Found {
  readonly entries: readonly AuditEntry[];
  readonly next: string | null;
}

/** As many entries as were asked for: the server answers fewer when it had to look far back for them. */
async function search(client: Client, query: AuditQuery, limit: number): Promise<Found> {
  const entries: AuditEntry[] = [];
  let next: string | null = null;
  for (let page = 0; page < pagesMax && entries.length < limit; page += 1) {
    const answer: Found = await client.call("listAudit", {
      query: { ...query, limit: limit - entries.length, ...(next === null ? {} : { before: next }) },
    });
    entries.push(...answer.entries);
    next = answer.next;
    if (next === null) break;
  }
  return { entries, next };
}

function restText({ entries, next }: Found, limit: number): string | undefined {
  if (next === null) return undefined;
  if (entries.length >= limit) return `${entries.length} shown; --before ${next} shows what came before.`;
  const back = new Date(Number(next.split("-")[0])).toISOString();
  return `Looked back to ${back}; --before ${next} looks further.`;
}

const listAudit = defineCommand<ReturnType<typeof readFilter>>({
  usage: "list",
  summary: "list what was done, by whom and why, the newest first",
  notes:
    "Administrators see everything; others what they did, what was done to their workspaces, and to the templates and " +
    "pools that they administer. What was done by itself has the actor `system.lifecycle`.",
  example: "prewarm audit list --workspace dev --since 7d",
  options: [
    { flags: "--workspace <workspace>", about: "done to it: id, OWNER/NAME, or NAME of your own; also a deleted one" },
    { flags: "--template <name>", about: "done to it and its pools; also a deleted one" },
    { flags: "--action <action>", about: "such as workspace.stop, or workspace for all that begin so" },
    { flags: "--actor <username>", about: "done by" },
    { flags: "--kind <kind>", choices: auditTargetKinds, about: `done to a ${auditTargetKinds.join(", ")}` },
    { flags: "--name <name>", about: "done to what has this name" },
    { flags: "--since <when>", about: "from then on: so long ago (8h, 7d), a date, or an instant" },
    { flags: "--until <when>", about: "before then" },
    { flags: "--limit <n>", about: `entries to show, at most ${pageSizeMax}` },
    { flags: "--before <cursor>", about: "older than the page that named it" },
  ],
  isOrganizational: true,
  read: readFilter,
  async run({ filter, since, until, limit }, { output, world, connect, organization }) {
    const client = await connect();
    const now = world.clock.now();
    const query = {
      ...definedOnly(filter),
      ...organization,
      ...(since === undefined ? {} : { since: instantOf(since, now) }),
      ...(until === undefined ? {} : { until: instantOf(until, now) }),
    };
    const found = await search(client, query, limit);
    output.result(found, () =>
      found.entries.length === 0 ? "Nothing that you may see." : renderAudit(found.entries, output),
    );
    const rest = restText(found, limit);
    if (rest !== undefined) output.progress(rest);
    return exitCodes.done;
  },
});

export const auditCommands: readonly CliCommand[] = [listAudit];
