import type { Dotfiles } from "../../contracts/api/dotfiles.ts";
import type { UserId, WorkspaceId } from "../../contracts/ids.ts";
import { liveAgents } from "../agents/agents.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

const ofUserStatement: Statement<{ readonly dotfiles: Dotfiles | null }> = statement(
  "dotfiles",
  `select dotfiles
from users
where id = $1
  and deleted_at is null`,
);

export async function dotfilesOf(sql: Sql, userId: UserId): Promise<Dotfiles | null> {
  return (await sql.query(ofUserStatement, [userId]))[0]?.dotfiles ?? null;
}

const takeStatement: Statement<{ readonly dotfiles: Dotfiles | null }> = statement(
  "dotfiles_take",
  `select dotfiles
from users
where id = $1
  and deleted_at is null
for no key update`,
);

/** As `dotfilesOf`, and keeps everybody else from changing them until the end. */
export async function takeDotfiles(tx: Tx, userId: UserId): Promise<Dotfiles | null> {
  return (await tx.query(takeStatement, [userId]))[0]?.dotfiles ?? null;
}

const writeStatement: Statement<object> = statement(
  "dotfiles_write",
  `update users
set dotfiles = $2
where id = $1
  and deleted_at is null`,
);

/** Nobody is told: workspaces that run go on as they are (decision 0056). */
export async function writeDotfiles(tx: Tx, userId: UserId, dotfiles: Dotfiles | null): Promise<void> {
  await tx.query(writeStatement, [userId, dotfiles === null ? null : JSON.stringify(dotfiles)]);
}

const wantStatement: Statement<object> = statement(
  "dotfiles_want",
  `update workspaces
set dotfiles_runs = dotfiles_runs + 1
where id = $1
  and deleted_at is null`,
);

/** Has the workspace's agents run its owner's dotfiles once more, those that are not connected when they next look. */
export async function wantDotfilesRun(tx: Tx, workspaceId: WorkspaceId): Promise<void> {
  await tx.query(wantStatement, [workspaceId]);
  for (const { id } of await liveAgents(tx, workspaceId)) tx.emit(`agent:${id}`);
}
