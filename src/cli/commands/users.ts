import type { User } from "../../contracts/api/identity.ts";
import { CodedError } from "../../contracts/errors.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { type Page, pageOptions, readPage } from "../paging.ts";
import { askSecret, canAsk, confirmLoss, readSecret } from "../prompts.ts";
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
  if (isPiped) return readSecret(world, "password");
  if (canAsk(world)) return askSecret(world, "Password of the new user");
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
    { flags: "--role <role>", about: `${roles.join(" or ")}; member unless said` },
    { flags: "--organization-role <role>", about: `${organizationRoles.join(" or ")}; member unless said` },
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

export const userCommands: readonly CliCommand[] = [listUsers, createUser, deleteUser];
