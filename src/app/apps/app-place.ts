import { type AppAddress, appLabel, appRefText } from "../../contracts/app-address.ts";
import type { ShareLevel } from "../../contracts/share-levels.ts";
import type { AppOpenIn, ManifestApp } from "../../contracts/manifest-apps.ts";
import { type ShareRow, type WorkspaceApps, workspaceApps } from "../../db/apps/app-workspaces.ts";
import { workspaceById, type WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import { type AppAt, type AppListener, type AppSocket, appListener } from "../../platform/manifest-apps.ts";
import { effectiveShare, leastShare, mayVisit } from "../../domain/apps/share-rules.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isMember } from "../authorize.ts";

/** What is served at an address, and with whom it is shared. */
export interface ServedApp {
  /** As its address has it: `code`, `3000`, `8443s`. */
  readonly ref: string;
  readonly displayName: string;
  readonly icon: string | null;
  readonly agent: string;
  readonly agentNumber: number;
  readonly at: AppAt;
  /** Where it is opened. */
  readonly path: string;
  readonly host: "preserve" | "localhost";
  readonly cors: "own" | "none" | "passthrough";
  readonly share: ShareLevel;
  readonly shareExpiresAt: Date | null;
  readonly maxShare: ShareLevel;
  readonly openIn: AppOpenIn;
  readonly order: number;
  readonly isHidden: boolean;
}

/** One that is reached by HTTP. */
export type ListeningApp = ServedApp & { readonly at: AppSocket };

export interface AppPlace {
  readonly workspace: WorkspaceView;
  readonly app: ServedApp;
}

/** What an address leads to; undefined for one that names no workspace, no agent, or no app of it. */
export async function findAppPlace(context: AppContext, address: AppAddress): Promise<AppPlace | undefined> {
  const { workspaceId: id } = address;
  const [workspace, apps] = await Promise.all([workspaceById(context.db, id), workspaceApps(context.db, id)]);
  if (workspace === undefined || workspace.deleted_at !== null) return undefined;
  const app = servedApp(context, apps, address);
  return app === undefined ? undefined : { workspace, app };
}

/** @returns undefined where there is no such agent or app; a port is always there. */
export function servedApp(
  context: AppContext,
  { agents, shares }: WorkspaceApps,
  { what, agentNumber }: Pick<AppAddress, "what" | "agentNumber">,
): ServedApp | undefined {
  const agent = agents[agentNumber - 1];
  if (agent === undefined) return undefined;
  const declared = what.kind === "app" ? agent.apps.find(({ name }) => name === what.name) : undefined;
  if (what.kind === "app" && declared === undefined) return undefined;
  const listener = what.kind === "app" ? appListener(declared ?? {}) : portListener(what);
  // Nothing else is imported.
  if (typeof listener === "string") return undefined;
  const ref = appRefText(what);
  const given = shares.find((share) => share.agent === agent.name && share.app === ref);
  const maxShare = leastShare(declared?.max_share ?? "public", context.options.maxShare);
  const now = context.clock.now();
  return {
    ref,
    displayName: declared?.display_name ?? ref,
    icon: declared?.icon ?? null,
    agent: agent.name,
    agentNumber,
    ...listener,
    host: declared?.host ?? (what.kind === "port" ? "localhost" : "preserve"),
    cors: declared?.cors ?? "own",
    share: effectiveShare(
      given === undefined ? null : { level: given.level, expiresAt: given.expires_at },
      declared?.share ?? "owner",
      { bounds: [maxShare], now },
    ),
    shareExpiresAt: endOf(given, now),
    maxShare,
    openIn: declared?.open_in ?? "tab",
    order: declared?.order ?? 0,
    isHidden: declared?.hidden ?? false,
  };
}

/** @param actor null: nobody knows who it is. */
export function mayOpen({ workspace, app }: AppPlace, actor: Actor | null): boolean {
  if (workspace.is_prebuild) return false;
  const visitor =
    actor === null
      ? null
      : { isOwner: actor.userId === workspace.owner_id, isMember: isMember(actor, workspace.organization_id) };
  return mayVisit(visitor, app.share);
}

function portListener({ port, isTls }: { readonly port: number; readonly isTls: boolean }): AppListener {
  return { at: { kind: "tcp", port, isTls }, path: "/" };
}

/** When a share ends that has not. */
function endOf(given: ShareRow | undefined, now: Date): Date | null {
  const endsAt = given?.expires_at ?? null;
  return endsAt !== null && endsAt > now ? endsAt : null;
}

/** All that a workspace's template declares, in the order in which it is shown. */
export function declaredApps(context: AppContext, apps: WorkspaceApps): ServedApp[] {
  return apps.agents
    .flatMap(({ apps: own }, index) =>
      own.map(({ name }: ManifestApp) =>
        servedApp(context, apps, { what: { kind: "app", name }, agentNumber: index + 1 }),
      ),
    )
    .filter((app) => app !== undefined)
    .sort((one, other) => one.order - other.order || one.displayName.localeCompare(other.displayName, "en"));
}

/** Scheme, host and port of an address; null where the server has no domain for apps. */
export function appOrigin({ options }: Pick<AppContext, "options">, address: AppAddress): string | null {
  if (options.appsHost === null) return null;
  const { protocol, port } = new URL(options.accessUrl());
  return `${protocol}//${appLabel(address)}.${options.appsHost}${options.appsPort ?? (port === "" ? "" : `:${port}`)}`;
}
