import type { Token } from "../../contracts/api/identity.ts";
import { tokenLifetimeDaysMax } from "../../contracts/limits.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { definedOnly } from "../defined-only.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";
import { type Page, pageOptions, readPage } from "../paging.ts";

const listTokens = defineCommand<Page & { readonly owner: string | undefined }>({
  usage: "list",
  summary: "list your sessions and API tokens, newest first",
  example: "prewarm tokens list --limit 200",
  options: [{ flags: "--owner <username>", about: "another's, for administrators" }, ...pageOptions],
  read: (input) => ({ ...readPage(input), owner: input.text("owner") }),
  async run(options, { output, world, connect }) {
    const answer = await (await connect()).call("listTokens", { query: definedOnly(options) });
    const now = world.clock.now();
    output.result(answer, () =>
      output.table<Token>(answer.tokens, [
        { title: "ID", cell: ({ id }) => id },
        { title: "KIND", cell: ({ kind }) => kind },
        { title: "NAME", cell: ({ name }) => name },
        { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
        { title: "EXPIRES", cell: ({ expiresAt }) => relativeTime(expiresAt, now) },
        { title: "LAST USED", cell: ({ lastUsedAt }) => relativeTime(lastUsedAt, now) },
      ]),
    );
    output.noteRest({ shown: answer.tokens.length, offset: options.offset ?? 0, total: answer.total });
    return exitCodes.done;
  },
});

const createToken = defineCommand<{ readonly name: string; readonly lifetimeDays: number | undefined }>({
  usage: "create <name>",
  summary: "create an API token; its secret is shown this once",
  notes: "Only the secret goes to standard output.",
  example: "prewarm tokens create ci --lifetime-days 30 > token-file",
  options: [{ flags: "--lifetime-days <n>", about: `days until it expires, at most ${tokenLifetimeDaysMax}` }],
  read: (input) => ({
    name: input.operand(0),
    lifetimeDays: input.integer("lifetime-days", { min: 1, max: tokenLifetimeDaysMax }),
  }),
  async run({ name, lifetimeDays }, { output, world, connect }) {
    const answer = await (await connect()).call("createToken", { body: { name, ...definedOnly({ lifetimeDays }) } });
    output.progress(`Token ${answer.token.id} expires ${relativeTime(answer.token.expiresAt, world.clock.now())}.`);
    output.result(answer, () => answer.secret);
    return exitCodes.done;
  },
});

const revokeToken = defineCommand<{ readonly tokenId: string }>({
  usage: "revoke <id>",
  summary: "revoke a session or an API token",
  example: "prewarm tokens revoke 0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b11",
  read: (input) => ({ tokenId: input.operand(0) }),
  async run(params, { output, connect }) {
    await (await connect()).call("revokeToken", { params });
    output.result({ revoked: params.tokenId }, () => `${params.tokenId} is revoked.`);
    return exitCodes.done;
  },
});

export const tokenCommands: readonly CliCommand[] = [listTokens, createToken, revokeToken];
