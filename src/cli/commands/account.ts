import type { Client } from "../../client/client.ts";
import { CodedError } from "../../contracts/errors.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientFor, type Invocation } from "../invocation.ts";
import { forgetSession, loadSession, resolveAccess, type StoredSession } from "../session.ts";

/** Ends the session on the server. One that has ended, or a server that is gone, must not keep anybody signed in here. */
async function endOnServer(session: StoredSession, { output }: Invocation): Promise<boolean> {
  if (session.kind === "api") {
    output.progress("The API token itself stays valid; `prewarm tokens revoke ID` ends it.");
    return false;
  }
  try {
    await (await clientFor(session.url, session.token)).call("logout", {});
    return true;
  } catch (error) {
    if (error instanceof CodedError && error.code === "unauthenticated") return true;
    const reason = error instanceof Error ? error.message : String(error);
    output.progress(`The session is forgotten here, but could not be ended on the server: ${reason}`);
    return false;
  }
}

export const logoutCommand = defineCommand({
  usage: "logout",
  summary: "end the session and forget it",
  example: "prewarm logout",
  read: () => undefined,
  async run(_options, invocation) {
    const { output, world } = invocation;
    const session = await loadSession(world);
    const isRevoked = session !== undefined && (await endOnServer(session, invocation));
    await forgetSession(world);
    if (world.env["PREWARM_TOKEN"]) output.progress("PREWARM_TOKEN is still set and stays in use.");
    output.result({ wasSignedIn: session !== undefined, isRevoked }, () =>
      session === undefined ? "Nobody was signed in." : `Signed out of ${session.url}.`,
    );
    return exitCodes.done;
  },
});

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
