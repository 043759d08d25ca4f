import type { User } from "../../contracts/api/identity.ts";
import { CodedError } from "../../contracts/errors.ts";
import { suspensionReasonLengthMax } from "../../contracts/limits.ts";
import { passwordProblem } from "../../contracts/password-rule.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { type Page, pageOptions, readPage } from "../paging.ts";
import { askSecret, canAsk, confirmLoss, readSecret } from "../prompts.ts";
import { UsageError } from "../usage-error.ts";
import type { CliWorld } from "../world.ts";

const roles = ["administrator", "member"] as const;
const organizationRoles = ["template_admin", "member"] as const;

const listUsers = defineCommand<Page & { readonly search: string | undefined }>({
  usage: "list",
  summary: "list users",
  example: "prewarm users list --search ann",
  options: [{ flags: "--search <text>", about: "whose name contains the text" }, ...pageOptions],
  read: (input) => ({ ...readPage(input), search: input.text("search") }),
  async run(options, { output, world, connect }) {
    const answer = await (await connect()).call("listUsers", { query: definedOnly(options) });
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<User>(answer.users, [
        { title: "USERNAME", cell: ({ username }) => username },
        { title: "NAME", cell: ({ name }) => name },
        { title: "EMAIL", cell: ({ email }) => email ?? "–" },
        { title: "ROLE", cell: ({ role }) => role },
        { title: "SUSPENDED", cell: ({ suspendedBecause }) => suspendedBecause ?? "–" },
        {
          title: "ORGANIZATIONS",
          cell: ({ organizations }) => organizations.map(({ name, role }) => `${name} (${role})`).join(", "),
        },
        { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
      ]),
    );
    output.noteRest({ shown: answer.users.length, offset: options.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

function readNewUser(input: CommandInput) {
  return {
    username: input.operand(0),
    name: input.text("name"),
    email: input.text("email"),
    role: input.choice("role", roles),
    organizationRole: input.choice("organization-role", organizationRoles),
    isPasswordPiped: input.isOn("password-stdin"),
  };
}

async function newPassword(world: CliWorld, isPiped: boolean): Promise<string> {
  const password = await givenPassword(world, isPiped);
  const problem = passwordProblem(password);
  if (problem !== undefined) throw new CodedError("invalid_request", problem, { next: "Choose another password." });
  return password;
}

async function givenPassword(world: CliWorld, isPiped: boolean): Promise<string> {
  if (isPiped) return readSecret(world, "password");
  if (canAsk(world)) return askSecret(world, "New password of the user");
  throw new CodedError("invalid_request", "There is no terminal to ask for the password.", {
    next: "Use --password-stdin.",
  });
}

const createUser = defineCommand<ReturnType<typeof readNewUser>>({
  usage: "create <username>",
  summary: "create a user, as a member of the default organization",
  example: "prewarm users create ann --role member --password-stdin < password-file",
  options: [
    { flags: "--password-stdin", about: "read the password from standard input" },
    { flags: "--name <name>", about: "full name" },
    { flags: "--email <address>", about: "e-mail address" },
    { flags: "--role <role>", choices: roles, about: `${roles.join(" or ")}; member unless said` },
    {
      flags: "--organization-role <role>",
      choices: organizationRoles,
      about: `${organizationRoles.join(" or ")}; member unless said`,
    },
  ],
  read: readNewUser,
  async run({ username, isPasswordPiped, ...optional }, { output, world, connect }) {
    const client = await connect();
    const password = await newPassword(world, isPasswordPiped);
    const user = await client.call("createUser", { body: { username, password, ...definedOnly(optional) } });
    output.result(user, () => `${user.username} is created.`);
    return exitCodes.done;
  },
});

const deleteUser = defineCommand<{ readonly username: string; readonly isAgreed: boolean }>({
  usage: "delete <username>",
  summary: "delete a user who has no workspaces left; sessions and tokens end at once",
  notes: "Asks first on a terminal.",
  example: "prewarm users delete ann --yes",
  options: [{ flags: "-y, --yes", about: "do not ask" }],
  read: (input) => ({ username: input.operand(0), isAgreed: input.isOn("yes") }),
  async run({ username, isAgreed }, { output, world, connect }) {
    const client = await connect();
    await confirmLoss(world, { message: `Delete the user ${username}?`, isAgreed });
    await client.call("deleteUser", { params: { username } });
    output.result({ deleted: username }, () => `${username} is deleted.`);
    return exitCodes.done;
  },
});

const suspendUser = defineCommand<{ readonly username: string; readonly reason: string }>({
  usage: "suspend <username>",
  summary: "refuse a user's sign-ins and tokens until he is activated; what he owns is kept",
  notes:
    "His sessions end, and what they hold open does within seconds. Running workspaces run until their deadline; none is started for him.",
  example: 'prewarm users suspend ann --reason "on leave until May"',
  options: [{ flags: "--reason <text>", about: `told to him; at most ${suspensionReasonLengthMax} characters` }],
  read: (input) => ({ username: input.operand(0), reason: input.requiredText("reason") }),
  async run({ username, reason }, { output, connect }) {
    await (await connect()).call("suspendUser", { params: { username }, body: { reason } });
    output.result({ suspended: username }, () => `${username} is suspended.`);
    return exitCodes.done;
  },
});

const activateUser = defineCommand<{ readonly username: string }>({
  usage: "activate <username>",
  summary: "end a suspension",
  example: "prewarm users activate ann",
  read: (input) => ({ username: input.operand(0) }),
  async run(params, { output, connect }) {
    await (await connect()).call("activateUser", { params });
    output.result({ activated: params.username }, () => `${params.username} may sign in again.`);
    return exitCodes.done;
  },
});

function readRole(input: CommandInput) {
  return {
    username: input.operand(0),
    role: readChoice(input.operand(1)),
    organizationRole: input.choice("organization-role", organizationRoles),
  };
}

function readChoice(text: string): (typeof roles)[number] {
  const role = roles.find((one) => one === text);
  if (role === undefined) {
    throw new UsageError(`"${text}" is no role.`, `It is ${roles.join(" or ")}, as in: prewarm users role ann member`);
  }
  return role;
}

const setRole = defineCommand<ReturnType<typeof readRole>>({
  usage: "role <username> <role>",
  summary: "change what a user may do, from his next request on; the last administrator stays one",
  example: "prewarm users role ann administrator",
  operandChoices: { role: roles },
  options: [
    {
      flags: "--organization-role <role>",
      choices: organizationRoles,
      about: `in the default organization: ${organizationRoles.join(" or ")}`,
    },
  ],
  read: readRole,
  async run({ username, ...change }, { output, connect }) {
    const user = await (await connect()).call("setRole", { params: { username }, body: definedOnly(change) });
    const inOrganizations = user.organizations.map(({ name, role }) => `${role} of ${name}`).join(", ");
    output.result(user, () => `${user.username} is now: ${user.role}, ${inOrganizations}.`);
    return exitCodes.done;
  },
});

const resetPassword = defineCommand<{ readonly username: string; readonly isPasswordPiped: boolean }>({
  usage: "reset-password <username>",
  summary: "set a user's password; all his sessions end",
  example: "prewarm users reset-password ann --password-stdin < password-file",
  options: [{ flags: "--password-stdin", about: "read the password from standard input" }],
  read: (input) => ({ username: input.operand(0), isPasswordPiped: input.isOn("password-stdin") }),
  async run({ username, isPasswordPiped }, { output, world, connect }) {
    const client = await connect();
    const password = await newPassword(world, isPasswordPiped);
    const answer = await client.call("resetPassword", { params: { username }, body: { password } });
    output.result(answer, () => `${username} has a new password; ${answer.ended} sessions are ended.`);
    return exitCodes.done;
  },
});

const logoutUser = defineCommand<{ readonly username: string; readonly apiTokens: boolean }>({
  usage: "logout <username>",
  summary: "end all sessions of a user",
  example: "prewarm users logout ann --api-tokens",
  options: [{ flags: "--api-tokens", about: "his API tokens too" }],
  read: (input) => ({ username: input.operand(0), apiTokens: input.isOn("api-tokens") }),
  async run({ username, apiTokens }, { output, connect }) {
    const answer = await (await connect()).call("endUserSessions", { params: { username }, body: { apiTokens } });
    output.result(answer, () => `${answer.ended} sessions and tokens of ${username} are ended.`);
    return exitCodes.done;
  },
});

export const userCommands: readonly CliCommand[] = [
  listUsers,
  createUser,
  suspendUser,
  activateUser,
  setRole,
  resetPassword,
  logoutUser,
  deleteUser,
];
