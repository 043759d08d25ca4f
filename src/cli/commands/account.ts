import type { Client } from "../../client/client.ts";
import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientFor, type Invocation } from "../invocation.ts";
import { askNewSecret, askSecret, canAsk, readSecrets } from "../prompts.ts";
import type { StoredSession } from "../contexts.ts";
import { forgetSession, loadSession, resolveAccess } from "../session.ts";
import type { CliWorld } from "../world.ts";

/** Ends the session on the server. One that has ended, or a server that is gone, must not keep anybody signed in here. */
async function endOnServer(session: StoredSession, isAll: boolean, { output }: Invocation): Promise<boolean> {
  if (!isAll && session.kind === "api") {
    output.progress("The API token itself stays valid; `prewarm tokens revoke ID` ends it.");
    return false;
  }
  try {
    const client = await clientFor(session.url, session.token);
    if (isAll) {
      const { ended } = await client.call("logoutAll", { body: { apiTokens: true } });
      output.progress(`${ended} sessions and API tokens are ended.`);
    } else await client.call("logout", {});
    return true;
  } catch (error) {
    if (error instanceof CodedError && error.code === "unauthenticated" && !isAll) return true;
    const reason = error instanceof Error ? error.message : String(error);
    output.progress(`The session is forgotten here, but could not be ended on the server: ${reason}`);
    return false;
  }
}

export const logoutCommand = defineCommand<{ readonly isAll: boolean }>({
  usage: "logout",
  summary: "end the session and forget it",
  notes: "What the session holds open, on whichever machine, ends within seconds.",
  example: "prewarm logout --all",
  options: [{ flags: "--all", about: "end all your sessions and API tokens, wherever they are" }],
  read: (input) => ({ isAll: input.isOn("all") }),
  async run({ isAll }, invocation) {
    const { output, world } = invocation;
    const session = await loadSession(world);
    const isRevoked = session !== undefined && (await endOnServer(session, isAll, invocation));
    await forgetSession(world);
    if (world.env["PREWARM_TOKEN"]) output.progress("PREWARM_TOKEN is still set and stays in use.");
    output.result({ wasSignedIn: session !== undefined, isRevoked }, () =>
      session === undefined ? "Nobody was signed in." : `Signed out of ${session.url}.`,
    );
    return exitCodes.done;
  },
});

export const passwordCommand = defineCommand<{ readonly isPiped: boolean }>({
  usage: "password",
  summary: "change your own password; your other sessions end",
  notes:
    "With --password-stdin, standard input holds the current password in its first line and the new one in its second.",
  example: "prewarm password",
  options: [{ flags: "--password-stdin", about: "read both passwords from standard input" }],
  read: (input) => ({ isPiped: input.isOn("password-stdin") }),
  async run({ isPiped }, { output, world, connect }) {
    const client = await connect();
    const [current, password] = isPiped ? await readPasswords(world) : await askPasswords(world);
    const answer = await client.call("changePassword", { body: { current, password } });
    output.result(answer, () => `Your password is changed; ${answer.ended} other sessions are ended.`);
    return exitCodes.done;
  },
});

async function readPasswords(world: CliWorld): Promise<readonly [string, string]> {
  const [current, password] = await readSecrets(world, ["current password", "new password"]);
  return [current ?? "", password ?? ""];
}

async function askPasswords(world: CliWorld): Promise<readonly [string, string]> {
  if (!canAsk(world)) {
    throw new CodedError("invalid_request", "There is no terminal to ask for the passwords.", {
      next: "Use --password-stdin.",
    });
  }
  const current = await askSecret(world, "Current password");
  return [current, await askNewSecret(world, "New password")];
}

/** Null when the server cannot tell: who is signed in is worth knowing also then. */
async function unreadCount(client: Client): Promise<number | null> {
  try {
    return (await client.call("listNotifications", { query: { limit: 1 } })).unread;
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

export const whoAmICommand = defineCommand({
  usage: "whoami",
  summary: "show who is signed in, and where",
  example: "prewarm whoami",
  read: () => undefined,
  async run(_options, { output, world, connect }) {
    const client = await connect();
    const user = await client.call("whoAmI", {});
    const access = await resolveAccess(world);
    const unread = await unreadCount(client);
    output.result({ url: client.url, user, unread }, () =>
      output.fields([
        ["user", user.username],
        ["name", user.name],
        ["role", user.role],
        ["organizations", user.organizations.map(({ name, role }) => `${name} (${role})`).join(", ")],
        ["notifications", unread === null ? "–" : `${unread} unread`],
        ["server", client.url],
        ["signed in by", access?.source ?? ""],
      ]),
    );
    return exitCodes.done;
  },
});
