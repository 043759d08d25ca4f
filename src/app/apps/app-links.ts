import type { AppLinkView, CreateAppLink } from "../../contracts/api/apps.ts";
import { appLabel, appLinkParameter, appLinkSecondsUnlessSaid } from "../../contracts/app-address.ts";
import { CodedError } from "../../contracts/errors.ts";
import { workspaceApps } from "../../db/apps/app-workspaces.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, forbidden } from "../authorize.ts";
import { instant } from "../page.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";
import { appOrigin } from "./app-place.ts";
import { mintAppLink } from "./app-sessions.ts";
import { addressOfApp, auditOfApps, requireApp } from "./apps.ts";

/**
 * An address of an app or a port of one's own workspace, for a program that can send no header. Whoever has it is its
 * owner to the app, until its time is over or the session or token ends that asked for it.
 * Errors: `not_found`, `forbidden`, `invalid_request` for a command, `no_apps_host`.
 */
export async function createAppLink(
  context: AppContext,
  actor: Actor,
  input: CreateAppLink & { readonly workspace: string; readonly app: string },
): Promise<AppLinkView> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  if (workspace.is_prebuild || workspace.owner_id !== actor.userId) {
    throw forbidden("make addresses of what is in this workspace", `its owner, ${workspace.owner}`);
  }
  const app = requireApp(context, await workspaceApps(context.db, workspace.id), input);
  if (app.at.kind === "terminal") {
    throw new CodedError("invalid_request", `"${app.ref}" is a command in a terminal, and has no address.`);
  }
  const address = addressOfApp(workspace, app);
  const origin = appOrigin(context, address);
  if (origin === null) {
    throw new CodedError("invalid_request", "This server has no domain for apps, and so apps have no addresses.", {
      next: "Set `access.apps_host`; `prewarm open` and `prewarm port-forward` reach the app without.",
    });
  }
  const now = context.clock.now();
  const expiresAt = new Date(now.getTime() + (input.expiresInSeconds ?? appLinkSecondsUnlessSaid) * 1_000);
  await context.db.transaction("make an address of an app", async (tx) =>
    recordAudit(tx, {
      ...auditOfApps(context, actor, workspace),
      action: "workspace.link",
      detail: { app: app.ref, agent: app.agent, expiresAt: instant(expiresAt) },
    }),
  );
  const label = appLabel(address);
  const token = mintAppLink(context, { tokenId: actor.tokenId, label, endsAt: expiresAt.getTime() });
  const url = new URL(`${origin}${app.path}`);
  // Written as it is: what is behind an app's path stays as its template says.
  const separator = url.search === "" ? "?" : "&";
  return { url: `${url.href}${separator}${appLinkParameter}=${token}`, token, expiresAt: instant(expiresAt) };
}
