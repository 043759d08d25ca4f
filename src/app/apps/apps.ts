import type { App, AppShared, ListeningPort, SetShare, SharedApp } from "../../contracts/api/apps.ts";
import { type AppAddress, type AppRef, parseAppRef } from "../../contracts/app-address.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { AppHealthView } from "../../contracts/api/workspaces.ts";
import { appSharesPerWorkspaceMax } from "../../contracts/limits.ts";
import { shareLevels } from "../../contracts/share-levels.ts";
import { listShares, removeShare, setShare } from "../../db/apps/app-shares.ts";
import { type WorkspaceApps, workspaceApps } from "../../db/apps/app-workspaces.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import type { AppContext } from "../app-context.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { type Actor, forbidden, isAdministrator } from "../authorize.ts";
import { personOf } from "../identity/accounts.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { appHealthOf } from "../workspaces/workspace-view.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";
import { appOrigin, declaredApps, type ServedApp, servedApp } from "./app-place.ts";

/** Errors: `not_found`. */
export async function listApps(context: AppContext, actor: Actor, which: string): Promise<{ apps: App[] }> {
  const workspace = await requireWorkspace(context, actor, which);
  const apps = declaredApps(context, await workspaceApps(context.db, workspace.id));
  return { apps: apps.map((app) => appView(context, workspace, app)) };
}

function appView(context: AppContext, workspace: WorkspaceView, app: ServedApp): App {
  const { at } = app;
  return {
    app: app.ref,
    displayName: app.displayName,
    icon: app.icon,
    agent: app.agent,
    url: at.kind === "terminal" ? null : addressOf(context, workspace, app),
    port: at.kind === "tcp" ? at.port : null,
    socket: at.kind === "unix" ? at.path : null,
    command: at.kind === "terminal" ? at.command : null,
    isTls: at.kind === "tcp" && at.isTls,
    path: app.path,
    share: app.share,
    shareExpiresAt: instant(app.shareExpiresAt),
    maxShare: app.maxShare,
    health: healthOfApp(workspace, app),
    openIn: app.openIn,
    isHidden: app.isHidden,
  };
}

/** As its agent found it last; null where its template does not say how to check it. */
export function healthOfApp({ agents }: WorkspaceView, { agent, ref }: ServedApp): AppHealthView | null {
  const found = agents.find(({ name }) => name === agent);
  const known = found === undefined ? {} : appHealthOf(found);
  return Object.hasOwn(known, ref) ? (known[ref] ?? null) : null;
}

/** Of an app of this workspace. */
export function addressOfApp({ id }: WorkspaceView, app: ServedApp): AppAddress {
  return { what: refOf(app.ref), workspaceId: id, agentNumber: app.agentNumber };
}

function addressOf(context: AppContext, workspace: WorkspaceView, app: ServedApp): string | null {
  const origin = appOrigin(context, addressOfApp(workspace, app));
  return origin === null ? null : `${origin}${app.path}`;
}

/** What an agent says that listens in its workspace. */
export interface SeenPort {
  readonly port: number;
  readonly process: string | null;
}

/** @param agent by name; the first unless said. */
export async function portViews(
  context: AppContext,
  workspace: WorkspaceView,
  input: { readonly agent: string | null; readonly seen: readonly SeenPort[] },
): Promise<{ ports: ListeningPort[] }> {
  const apps = await workspaceApps(context.db, workspace.id);
  const agentNumber = agentNumberOf(apps, input.agent ?? undefined);
  const ports = input.seen.flatMap(({ port, process }) => {
    const app = servedApp(context, apps, { what: { kind: "port", port, isTls: false }, agentNumber });
    if (app === undefined) return [];
    const { agent, share } = app;
    const url = addressOf(context, workspace, app);
    return [{ port, agent, process, url, share, shareExpiresAt: instant(app.shareExpiresAt) }];
  });
  return { ports };
}

interface ShareInput {
  readonly workspace: string;
  readonly app: string;
  readonly agent?: string;
}

/**
 * Shares an app or a port of one's own workspace.
 * Errors: `not_found`, `forbidden`, `invalid_request`, `share_beyond_limit`, `too_many_shares`.
 */
export async function shareApp(context: AppContext, actor: Actor, input: ShareInput & SetShare): Promise<AppShared> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  if (workspace.is_prebuild || workspace.owner_id !== actor.userId) {
    throw forbidden("share what is in this workspace", `its owner, ${workspace.owner}`);
  }
  const apps = await workspaceApps(context.db, workspace.id);
  const app = requireApp(context, apps, input);
  if (app.at.kind === "terminal") {
    throw new CodedError("invalid_request", `"${app.ref}" is a command in a terminal, which is its owner's alone.`);
  }
  if (shareLevels.indexOf(input.share) > shareLevels.indexOf(app.maxShare)) {
    throw new CodedError("share_beyond_limit", `"${app.ref}" may be shared with "${app.maxShare}" at most.`, {
      next: "The template's `max_share` and the server's `access.max_share` say so.",
    });
  }
  const now = context.clock.now();
  const seconds = input.expiresInSeconds ?? null;
  const expiresAt = seconds === null ? null : new Date(now.getTime() + seconds * 1_000);
  await context.db.transaction("share an app", async (tx) => {
    const share = { workspaceId: workspace.id, agent: app.agent, app: app.ref, level: input.share };
    const isSet = await setShare(tx, { ...share, sharedBy: actor.userId, now, expiresAt }, appSharesPerWorkspaceMax);
    if (!isSet) {
      const message = `The workspace shares ${appSharesPerWorkspaceMax} apps and ports, its limit.`;
      throw new CodedError("too_many_shares", message, { next: "Take some back: `prewarm shares remove`." });
    }
    await recordAudit(tx, {
      ...auditOfApps(context, actor, workspace),
      action: "workspace.share",
      detail: { app: app.ref, agent: app.agent, share: input.share, expiresAt: instant(expiresAt) },
    });
    tx.emit("shares");
  });
  return { url: addressOf(context, workspace, app) };
}

/** Errors: `not_found`. */
export async function unshareApp(context: AppContext, actor: Actor, input: ShareInput): Promise<void> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  const app = requireApp(context, await workspaceApps(context.db, workspace.id), input);
  await context.db.transaction("unshare an app", async (tx) => {
    const level = await removeShare(tx, { workspaceId: workspace.id, agent: app.agent, app: app.ref });
    // Asked again, it is what it was to be.
    if (level === undefined) return;
    await recordAudit(tx, {
      ...auditOfApps(context, actor, workspace),
      action: "workspace.unshare",
      detail: { app: app.ref, agent: app.agent, share: level },
    });
    tx.emit("shares");
  });
}

export function auditOfApps(context: AppContext, actor: Actor, workspace: WorkspaceView) {
  return {
    at: context.clock.now(),
    actorId: actor.userId,
    organizationId: workspace.organization_id,
    targetId: workspace.id,
    targetName: workspace.name,
  };
}

/** Errors: `forbidden` for another's, but to administrators; `not_found`. */
export async function seeShares(
  context: AppContext,
  actor: Actor,
  query: PageQuery & { readonly owner?: string; readonly workspace?: string },
): Promise<{ shares: SharedApp[]; total: number }> {
  const workspace = query.workspace === undefined ? null : await requireWorkspace(context, actor, query.workspace);
  const rows = await listShares(context.db, {
    ownerId: workspace === null ? await ownerOf(context, actor, query.owner) : null,
    workspaceId: workspace?.id ?? null,
    now: context.clock.now(),
    ...pageOf(query),
  });
  const shares = rows.map((row) => ({
    workspaceId: row.workspace_id,
    workspace: row.workspace,
    owner: row.owner,
    agent: row.agent,
    app: row.app,
    share: row.level,
    sharedAt: instant(row.created_at),
    expiresAt: instant(row.expires_at),
  }));
  return { shares, total: rows[0]?.total ?? 0 };
}

async function ownerOf(context: AppContext, actor: Actor, owner: string | undefined) {
  if (owner === undefined || owner.toLowerCase() === actor.username.toLowerCase()) return actor.userId;
  if (!isAdministrator(actor)) throw forbidden("see what others share", "administrators");
  return owner === "*" ? null : (await personOf(context, owner)).id;
}

/** The command of an app that opens in a terminal, and whose agent has it. Errors: `not_found`, `invalid_request`. */
export async function appCommand(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly app: string; readonly agent: string | null },
): Promise<{ readonly agent: string; readonly name: string; readonly command: string }> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  const apps = await workspaceApps(context.db, workspace.id);
  const owning = apps.agents.find(({ apps: own }) => own.some(({ name }) => name === input.app))?.name;
  const agent = input.agent ?? owning;
  const app = requireApp(context, apps, { ...input, ...(agent === undefined ? {} : { agent }) });
  if (app.at.kind === "terminal") return { agent: app.agent, name: app.ref, command: app.at.command };
  throw new CodedError("invalid_request", `"${app.ref}" is no command, and opens in a browser.`, {
    next: `\`prewarm open ${shellWord(workspace.name)} ${app.ref}\`.`,
  });
}

/** Errors: `not_found`. */
export function requireApp(
  context: AppContext,
  apps: WorkspaceApps,
  { app: text, agent }: { readonly app: string; readonly agent?: string | null },
): ServedApp {
  const what = parseAppRef(text);
  const agentNumber = agentNumberOf(apps, agent);
  const app = what === undefined ? undefined : servedApp(context, apps, { what, agentNumber });
  if (app !== undefined) return app;
  const names = (apps.agents[agentNumber - 1]?.apps ?? []).map(({ name }) => name).join(", ");
  throw new CodedError("not_found", `The workspace has no app or port "${text}".`, {
    next: names === "" ? "Name a port, such as 3000." : `Its apps are: ${names}. A port is named by its number.`,
  });
}

function agentNumberOf({ agents }: WorkspaceApps, agent: string | null | undefined): number {
  return agent === undefined || agent === null ? 1 : agents.findIndex(({ name }) => name === agent) + 1;
}

function refOf(text: string): AppRef {
  const what = parseAppRef(text);
  if (what === undefined) throw new TypeError(`${text} names neither an app nor a port`);
  return what;
}
