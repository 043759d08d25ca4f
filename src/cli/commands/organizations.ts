import type { Organization } from "../../contracts/api/identity.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { CommandInput } from "../command-input.ts";
import { relativeTime } from "../output/time-text.ts";
import { pageOptions, readPage } from "../paging.ts";

const sorts = ["name", "members", "created"] as const;
const orders = ["asc", "desc"] as const;

function readList(input: CommandInput) {
  return {
    ...readPage(input),
    search: input.text("search"),
    sort: input.choice("sort", sorts),
    order: input.choice("order", orders),
  };
}

const roleTexts = { template_admin: "template admin", member: "member" } as const;

/** An administrator sees those too that he is not in. */
function roleText({ role }: Organization): string {
  return role === null ? "–" : roleTexts[role];
}

const listOrganizations = defineCommand<ReturnType<typeof readList>>({
  usage: "list",
  summary: "list the organizations that you are in, or as an administrator all",
  notes: "The name is what --organization takes.",
  example: "prewarm organizations list --sort members",
  options: [
    { flags: "--search <text>", about: "whose name contains the text" },
    { flags: "--sort <by>", choices: sorts, about: sorts.join(", ") },
    { flags: "--order <order>", choices: orders, about: orders.join(" or ") },
    ...pageOptions,
  ],
  read: readList,
  async run(options, { output, world, connect }) {
    const answer = await (await connect()).call("listOrganizations", { query: definedOnly(options) });
    const now = world.clock.now();
    output.result(answer, () =>
      answer.organizations.length === 0
        ? "You are in no organization. An administrator can add you to one."
        : output.table<Organization>(answer.organizations, [
            { title: "NAME", cell: ({ name }) => name },
            { title: "TITLE", cell: ({ displayName }) => displayName },
            { title: "YOU ARE", cell: roleText },
            { title: "MEMBERS", cell: ({ members }) => String(members), align: "right" },
            { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
            { title: "ID", cell: ({ id }) => id, isWide: true },
          ]),
    );
    output.noteRest({ shown: answer.organizations.length, offset: options.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

const showOrganization = defineCommand<{ readonly organization: string }>({
  usage: "show <name>",
  summary: "show an organization, by name or id",
  example: "prewarm organizations show default",
  read: (input) => ({ organization: input.operand(0) }),
  async run(params, { output, world, connect }) {
    const organization = await (await connect()).call("getOrganization", { params });
    const { name, displayName, members, createdAt, id } = organization;
    output.result(organization, () =>
      output.fields([
        ["name", name],
        ["title", displayName],
        ["you are", roleText(organization)],
        ["members", String(members)],
        ["created", relativeTime(createdAt, world.clock.now())],
        ["id", id],
      ]),
    );
    return exitCodes.done;
  },
});

export const organizationCommands: readonly CliCommand[] = [listOrganizations, showOrganization];
