import type { Group, GroupMember, Quota } from "../../contracts/api/groups.ts";
import { allowanceMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand, defineGroup, type OptionSpec } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output/output.ts";
import { relativeTime } from "../output/time-text.ts";
import { type Page, pageOptions, readPage } from "../paging.ts";
import { confirmLoss } from "../prompts.ts";

const sorts = ["name", "allowance"] as const;
const orders = ["asc", "desc"] as const;

function readList(input: CommandInput) {
  return {
    ...readPage(input),
    search: input.text("search"),
    sort: input.choice("sort", sorts),
    order: input.choice("order", orders),
  };
}

const listGroups = defineCommand<ReturnType<typeof readList>>({
  usage: "list",
  summary: "list the groups of an organization, with their allowances",
  example: "prewarm groups list --sort allowance --order desc",
  options: [
    { flags: "--search <text>", about: "whose name contains the text" },
    { flags: "--sort <by>", choices: sorts, about: sorts.join(" or ") },
    { flags: "--order <order>", choices: orders, about: orders.join(" or ") },
    ...pageOptions,
  ],
  isOrganizational: true,
  read: readList,
  async run(options, { output, connect, organization }) {
    const answer = await (await connect()).call("listGroups", { query: { ...definedOnly(options), ...organization } });
    output.result(answer, () =>
      output.table<Group>(answer.groups, [
        { title: "NAME", cell: ({ name }) => name },
        { title: "DISPLAY NAME", cell: ({ displayName }) => displayName || "–" },
        { title: "ALLOWANCE", cell: ({ allowance }) => String(allowance), align: "right" },
        { title: "MEMBERS", cell: ({ memberCount }) => String(memberCount), align: "right" },
      ]),
    );
    output.noteRest({ shown: answer.groups.length, offset: options.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

const kindText: Readonly<Record<Group["kind"], string>> = {
  ordinary: "people who were added",
  everyone: "everybody in the organization",
  prebuilds: "the pools; its allowance is for all unclaimed prebuilds together",
};

function fieldsOf(group: Group, output: Output): string {
  return output.fields([
    ["name", group.name],
    ["display name", group.displayName || "–"],
    ["has", kindText[group.kind]],
    ["allowance", `${group.allowance} cost units`],
    ["members", String(group.memberCount)],
    ["id", group.id],
  ]);
}

const showGroup = defineCommand<Page & { readonly group: string }>({
  usage: "show <group>",
  summary: "show a group and who is in it",
  example: "prewarm groups show developers",
  options: pageOptions,
  isOrganizational: true,
  read: (input) => ({ ...readPage(input), group: input.operand(0) }),
  async run({ group, ...page }, { output, connect, organization }) {
    const query = { ...definedOnly(page), ...organization };
    const answer = await (await connect()).call("getGroup", { params: { group }, query });
    output.result(answer, () => {
      const members = output.table<GroupMember>(answer.members, [
        { title: "USERNAME", cell: ({ username }) => username },
        { title: "NAME", cell: ({ name }) => name || "–" },
      ]);
      return `${fieldsOf(answer.group, output)}${answer.members.length === 0 ? "" : `\n\n${members}`}`;
    });
    output.noteRest({ shown: answer.members.length, offset: page.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

const changeOptions: readonly OptionSpec[] = [
  { flags: "--display-name <name>", about: "how it is shown" },
  { flags: "--allowance <units>", about: "cost units that each member has from it" },
];

function readChanges(input: CommandInput) {
  return {
    displayName: input.text("display-name"),
    allowance: input.integer("allowance", { min: 0, max: Math.min(allowanceMax, 999_999_999) }),
  };
}

const createGroup = defineCommand<ReturnType<typeof readChanges> & { readonly name: string }>({
  usage: "create <name>",
  summary: "create a group",
  example: "prewarm groups create developers --allowance 20",
  options: changeOptions,
  isOrganizational: true,
  read: (input) => ({ name: input.operand(0), ...readChanges(input) }),
  async run({ name, ...changes }, { output, connect, organization }) {
    const body = { name, ...definedOnly(changes) };
    const group = await (await connect()).call("createGroup", { query: organization, body });
    output.result(group, () => `${group.name} is created, with an allowance of ${group.allowance} cost units.`);
    return exitCodes.done;
  },
});

function readEdit(input: CommandInput) {
  const edit = { group: input.operand(0), name: input.text("name"), ...readChanges(input) };
  const { group: _, ...changes } = edit;
  if (Object.values(changes).every((value) => value === undefined)) {
    input.refuse("Nothing is to be changed: give --name, --display-name or --allowance.");
  }
  return edit;
}

const editGroup = defineCommand<ReturnType<typeof readEdit>>({
  usage: "edit <group>",
  summary: "change a group's name or allowance",
  example: "prewarm groups edit prebuilds --allowance 100",
  options: [{ flags: "--name <name>", about: "its new name" }, ...changeOptions],
  isOrganizational: true,
  read: readEdit,
  async run({ group, ...changes }, { output, connect, organization }) {
    const call = { params: { group }, query: organization, body: definedOnly(changes) };
    const answer = await (await connect()).call("editGroup", call);
    output.result(answer, () => fieldsOf(answer, output));
    return exitCodes.done;
  },
});

const deleteGroup = defineCommand<{ readonly group: string; readonly isAgreed: boolean }>({
  usage: "delete <group>",
  summary: "delete a group; its members keep their workspaces and lose its allowance",
  notes: "Asks first on a terminal.",
  example: "prewarm groups delete developers --yes",
  options: [{ flags: "-y, --yes", about: "do not ask" }],
  isOrganizational: true,
  read: (input) => ({ group: input.operand(0), isAgreed: input.isOn("yes") }),
  async run({ group, isAgreed }, { output, world, connect, organization }) {
    const client = await connect();
    await confirmLoss(world, { message: `Delete the group ${group}?`, isAgreed });
    await client.call("deleteGroup", { params: { group }, query: organization });
    output.result({ deleted: group }, () => `${group} is deleted.`);
    return exitCodes.done;
  },
});

function membersText({ name, memberCount }: Group): string {
  return `${name} has ${memberCount === 1 ? "1 member" : `${memberCount} members`}.`;
}

const addMembers = defineCommand<{ readonly group: string; readonly usernames: readonly string[] }>({
  usage: "add <group> <usernames...>",
  summary: "add people of the organization to a group",
  example: "prewarm groups members add developers ann bob",
  isOrganizational: true,
  read: (input) => ({ group: input.operand(0), usernames: input.operands(1) }),
  async run({ group, usernames }, { output, connect, organization }) {
    const call = { params: { group }, query: organization, body: { usernames: [...usernames] } };
    const answer = await (await connect()).call("addGroupMembers", call);
    output.result(answer, () => membersText(answer));
    return exitCodes.done;
  },
});

const removeMember = defineCommand<{ readonly group: string; readonly username: string }>({
  usage: "remove <group> <username>",
  summary: "take somebody out of a group; his workspaces stay",
  example: "prewarm groups members remove developers ann",
  isOrganizational: true,
  read: (input) => ({ group: input.operand(0), username: input.operand(1) }),
  async run(params, { output, connect, organization }) {
    const answer = await (await connect()).call("removeGroupMember", { params, query: organization });
    output.result(answer, () => membersText(answer));
    return exitCodes.done;
  },
});

function renderQuota(quota: Quota, output: Output, now: Date): string {
  const fields = output.fields([
    ["user", quota.user],
    ["organization", quota.organization],
    ["used", `${quota.used} of ${quota.allowed} cost units${quota.isEnabled ? "" : " (quotas are switched off)"}`],
    ...quota.groups.map(({ group, allowance }) => [`from ${group}`, String(allowance)] as const),
  ]);
  if (quota.workspaces.length === 0) return fields;
  const workspaces = output.table<Quota["workspaces"][number]>(quota.workspaces, [
    { title: "WORKSPACE", cell: ({ name }) => name },
    { title: "TEMPLATE", cell: ({ template }) => template },
    { title: "COST", cell: ({ cost }) => String(cost), align: "right" },
    { title: "LAST USED", cell: ({ lastUsedAt }) => relativeTime(lastUsedAt, now) },
  ]);
  return `${fields}\n\n${workspaces}`;
}

const showQuota = defineCommand<Page & { readonly user: string | undefined }>({
  usage: "show",
  summary: "show what you may use, what you use, and what each workspace costs",
  notes: "An administrator may ask for anybody's; that of the user prebuilds is what the pools have.",
  example: "prewarm quota show --user prebuilds",
  options: [{ flags: "--user <username>", about: "somebody else's (administrators)" }, ...pageOptions],
  isOrganizational: true,
  read: (input) => ({ ...readPage(input), user: input.text("user") }),
  async run(options, { output, world, connect, organization }) {
    const quota = await (await connect()).call("getQuota", { query: { ...definedOnly(options), ...organization } });
    output.result(quota, () => renderQuota(quota, output, world.clock.now()));
    output.noteRest({ shown: quota.workspaces.length, offset: options.offset ?? 0, total: quota.total });
    return exitCodes.done;
  },
});

export const groupCommands: readonly CliCommand[] = [
  listGroups,
  showGroup,
  createGroup,
  editGroup,
  deleteGroup,
  defineGroup("members", "who is in a group", [addMembers, removeMember]),
];

export const quotaCommands: readonly CliCommand[] = [showQuota];
