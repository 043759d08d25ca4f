import type { GitAccount, LinkGitAccount } from "../../contracts/api/git-accounts.ts";
import { CodedError } from "../../contracts/errors.ts";
import { gitHostOf } from "../../contracts/git-host.ts";
import { gitAccountsPerPersonMax } from "../../contracts/limits.ts";
import {
  type GitAccountRow,
  gitAccountsOf,
  placeGitAccount,
  removeGitAccount,
  writeGitAccount,
} from "../../db/secrets/git-accounts.ts";
import { takeHolder } from "../../db/secrets/secrets.ts";
import type { Tx } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import { auditOwn } from "../audit/audit-own.ts";
import type { Actor } from "../authorize.ts";
import { oneselfOr } from "../identity/accounts.ts";
import { instant } from "../page.ts";
import { type Placing, placing } from "./places.ts";

interface OfHost {
  readonly host: string;
}

/** Errors: `forbidden` for another's, but to administrators; `not_found`. */
export async function seeGitAccounts(
  context: AppContext,
  actor: Actor,
  { owner }: { readonly owner?: string },
): Promise<{ accounts: GitAccount[] }> {
  const person = await oneselfOr(context, actor, { owner, doing: "see another's accounts at git hosts" });
  return { accounts: (await gitAccountsOf(context.db, person.id)).map(viewOf) };
}

/**
 * Links an account by a token, or gives it another one. It is for no template before its owner names one, as a key is.
 * Errors: `invalid_request`, `not_found` for a template, `too_many_secrets`.
 */
export async function linkGitAccount(
  context: AppContext,
  actor: Actor,
  input: OfHost & LinkGitAccount & Placing,
): Promise<GitAccount> {
  const host = requireHost(input.host);
  const placed = await placing(context, actor, { ...input, what: "An account" });
  // Another token is sealed with another id, so that none opens in another's place or as an older one.
  const id = context.random.uuid();
  const sealed = await context.stateVault.seal(id, input.token);
  await context.db.transaction("link git account", async (tx) => {
    const all = await takenAccounts(tx, actor);
    const before = all.find((one) => one.host === host);
    if (before === undefined && all.length >= gitAccountsPerPersonMax) {
      throw new CodedError("too_many_secrets", `You have linked ${all.length} git hosts already, the limit.`);
    }
    const [{ userId }, { username }, places] = [actor, input, placed(before)];
    await writeGitAccount(tx, { id, userId, host, username, ...sealed, ...places, now: context.clock.now() });
    const detail = { host, username, isNew: before === undefined, ...places };
    await auditOwn(context, tx, { actor, action: "git.link", id, of: actor.username, detail });
  });
  return await accountOf(context, actor, host);
}

/** Errors: `invalid_request`, `not_found`. */
export async function placeOwnGitAccount(
  context: AppContext,
  actor: Actor,
  input: OfHost & Placing,
): Promise<GitAccount> {
  const host = requireHost(input.host);
  const placed = await placing(context, actor, { ...input, what: "An account" });
  await context.db.transaction("place git account", async (tx) => {
    const before = (await takenAccounts(tx, actor)).find((one) => one.host === host);
    if (before === undefined) throw notLinked(host);
    const places = placed(before);
    await placeGitAccount(tx, before.id, places);
    const detail = { host, ...places };
    await auditOwn(context, tx, { actor, action: "git.allow", id: before.id, of: actor.username, detail });
  });
  return await accountOf(context, actor, host);
}

/** Errors: `forbidden` for another's, but to administrators; `invalid_request`, `not_found`. */
export async function unlinkGitAccount(
  context: AppContext,
  actor: Actor,
  input: OfHost & { readonly owner?: string },
): Promise<void> {
  const host = requireHost(input.host);
  const person = await oneselfOr(context, actor, { owner: input.owner, doing: "unlink another's account" });
  await context.db.transaction("unlink git account", async (tx) => {
    const gone = await removeGitAccount(tx, person.id, host);
    if (gone === undefined) throw notLinked(host);
    const detail = { host, username: gone.username };
    await auditOwn(context, tx, { actor, action: "git.unlink", id: gone.id, of: person.username, detail });
  });
}

async function takenAccounts(tx: Tx, actor: Actor): Promise<readonly GitAccountRow[]> {
  if (!(await takeHolder(tx, { kind: "person", id: actor.userId }))) {
    throw new CodedError("not_found", `${actor.username} is gone.`);
  }
  return await gitAccountsOf(tx, actor.userId);
}

async function accountOf(context: AppContext, actor: Actor, host: string): Promise<GitAccount> {
  const row = (await gitAccountsOf(context.db, actor.userId)).find((one) => one.host === host);
  if (row === undefined) throw notLinked(host);
  return viewOf(row);
}

function requireHost(text: string): string {
  const host = gitHostOf(text);
  if (host !== undefined) return host;
  const reason = 'must be a host as in "github.com" or "git.example.org:8443", without https:// and path';
  throw new CodedError("invalid_request", `"${text}" ${reason}.`, { problems: [{ field: "host", reason }] });
}

function notLinked(host: string): CodedError {
  return new CodedError("not_found", `No account is linked at ${host}.`, {
    next: `\`prewarm git link ${host} --username NAME --token-stdin\` links one; \`prewarm git list\` shows those there are.`,
  });
}

function viewOf(row: GitAccountRow): GitAccount {
  return {
    host: row.host,
    username: row.username,
    linkedAt: instant(row.set_at),
    refusedAt: row.refused_at === null ? null : instant(row.refused_at),
    templates: [...row.templates],
    isEverywhere: row.is_everywhere,
  };
}
