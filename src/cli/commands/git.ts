import type { GitAccount } from "../../contracts/api/git-accounts.ts";
import { CodedError } from "../../contracts/errors.ts";
import { gitTokenLengthMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { askSecret, canAsk } from "../prompts.ts";
import type { CliWorld } from "../world.ts";

function placesOf({ templates, isEverywhere }: GitAccount): string {
  if (isEverywhere) return "every template";
  return templates.length === 0 ? "no template yet" : templates.join(", ");
}

const ownerOption = { flags: "--owner <username>", about: "another's, for administrators" };

const listAccounts = defineCommand<{ readonly owner: string | undefined }>({
  usage: "list",
  summary: "list your accounts at git hosts; their tokens are shown to nobody",
  example: "prewarm git list",
  options: [ownerOption],
  read: (input) => ({ owner: input.text("owner") }),
  async run({ owner }, { output, world, connect }) {
    const answer = await (await connect()).call("listGitAccounts", { query: definedOnly({ owner }) });
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<GitAccount>(answer.accounts, [
        { title: "HOST", cell: ({ host }) => host },
        { title: "USERNAME", cell: ({ username }) => username },
        { title: "FOR", cell: placesOf },
        { title: "LINKED", cell: ({ linkedAt }) => relativeTime(linkedAt, now) },
        {
          title: "TOKEN REFUSED",
          cell: ({ refusedAt }) => (refusedAt === null ? "no" : relativeTime(refusedAt, now)),
        },
      ]),
    );
    return exitCodes.done;
  },
});

interface LinkOptions {
  readonly host: string;
  readonly username: string;
  readonly isPiped: boolean;
  readonly allow: readonly string[];
  readonly isEverywhere: boolean;
}

const linkAccount = defineCommand<LinkOptions>({
  usage: "link <host>",
  summary: "let git in your workspaces sign in at a host over HTTPS by a token of yours, or give it another token",
  notes:
    "The token is made at the host (GitHub: a personal access token; GitLab: one with write_repository). It is asked for, or " +
    "comes from standard input, and is never an argument. It is for no template before you name one, with --for or " +
    "later with `allow`: a template's author decides what runs.",
  example: "prewarm git link github.com --username ada --token-stdin --for starter < token-file",
  isOrganizational: true,
  options: [
    { flags: "--username <name>", about: "your name at the host" },
    { flags: "--token-stdin", about: "read the token from standard input" },
    { flags: "--for <template>", about: "a template whose workspaces can use it; may be repeated", isRepeatable: true },
    { flags: "--for-all", about: "workspaces of every template can use it, also of those of others" },
  ],
  read: (input) => ({
    host: input.operand(0),
    username: input.text("username") ?? input.refuse("--username is missing: your name at the host."),
    isPiped: input.isOn("token-stdin"),
    allow: input.words("for"),
    isEverywhere: input.isOn("for-all"),
  }),
  async run({ host, username, isPiped, allow, isEverywhere }, { output, world, connect, organization }) {
    const client = await connect();
    const token = await readToken(world, isPiped);
    const body = { username, token, allow: [...allow], ...(isEverywhere ? { isEverywhere } : {}) };
    const account = await client.call("linkGitAccount", { params: { host }, query: organization, body });
    output.result(account, () => `${account.username} at ${account.host} is linked, for ${placesOf(account)}.`);
    if (!account.isEverywhere && account.templates.length === 0) {
      const command = `prewarm git allow ${account.host} TEMPLATE`;
      output.progress(`No workspace can use it before you name a template: ${command}`);
    }
    return exitCodes.done;
  },
});

async function readToken(world: CliWorld, isPiped: boolean): Promise<string> {
  const token = (isPiped ? await firstOf(world.stdin) : await askedFor(world)).trim();
  if (token !== "" && token.length <= gitTokenLengthMax) return token;
  const what = token === "" ? "is empty" : `has more than ${gitTokenLengthMax} characters`;
  throw new CodedError("invalid_request", `The token ${what}.`);
}

async function askedFor(world: CliWorld): Promise<string> {
  if (canAsk(world)) return await askSecret(world, "Token");
  throw new CodedError("invalid_request", "There is no terminal to ask for the token.", {
    next: "Pipe it in, and add `--token-stdin`.",
  });
}

/** A little more than a token can have, so that a longer one is known. */
async function firstOf(stdin: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const piece of stdin) {
    text += String(piece);
    if (text.length > gitTokenLengthMax + 2) break;
  }
  return text;
}

function changePlaces(verb: "allow" | "disallow", summary: string): CliCommand {
  return defineCommand<{ readonly host: string; readonly templates: readonly string[] }>({
    usage: `${verb} <host> <templates...>`,
    summary,
    example: `prewarm git ${verb} github.com starter`,
    isOrganizational: true,
    read: (input) => ({ host: input.operand(0), templates: input.operands(1) }),
    async run({ host, templates }, { output, connect, organization }) {
      const body = { [verb]: [...templates], ...(verb === "disallow" ? { isEverywhere: false } : {}) };
      const account = await (await connect()).call("placeGitAccount", { params: { host }, query: organization, body });
      output.result(account, () => `Your account at ${account.host} is for ${placesOf(account)}.`);
      return exitCodes.done;
    },
  });
}

const unlinkAccount = defineCommand<{ readonly host: string; readonly owner: string | undefined }>({
  usage: "unlink <host>",
  summary: "forget the token for a git host: no workspace can use it any more",
  example: "prewarm git unlink github.com",
  options: [ownerOption],
  read: (input) => ({ host: input.operand(0), owner: input.text("owner") }),
  async run({ host, owner }, { output, connect }) {
    await (await connect()).call("unlinkGitAccount", { params: { host }, query: definedOnly({ owner }) });
    output.result({ unlinked: true }, () => `The account at ${host} is unlinked. The host still knows its token.`);
    return exitCodes.done;
  },
});

export const gitCommands: readonly CliCommand[] = [
  listAccounts,
  linkAccount,
  changePlaces("allow", "let workspaces of templates use your account at a git host"),
  changePlaces("disallow", "let them use it no longer, nor those of every template"),
  unlinkAccount,
];
