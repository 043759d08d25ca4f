import type { AuditEntry } from "../../contracts/api/audit.ts";
import type { QueryOf, ResponseOf } from "../../contracts/api/route.ts";
import type { Routes } from "../../contracts/api/routes.ts";
import type { AuditTargetKind } from "../../contracts/audit-actions.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { auditEntriesLookedMax } from "../../contracts/limits.ts";
import {
  type AuditNarrowing,
  type AuditPosition,
  type AuditRow,
  auditPage,
  userEverNamed,
} from "../../db/audit/audit-pages.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isAdministrator } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { instant, pageOf } from "../page.ts";

type AuditQuery = QueryOf<Routes["listAudit"]>;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const newestOfAll: AuditPosition = { at: new Date("9999-12-31T23:59:59.999Z"), id: 0 };
const oldestOfAll: AuditPosition = { at: new Date(0), id: 0 };
const templateKinds: readonly AuditTargetKind[] = ["template", "pool"];

/**
 * A page of the audit log, the newest first. Administrators see all of it; others what they did themselves, what was
 * done to workspaces that are theirs (or were, when those were deleted), and what was done to the templates, pools and
 * prebuilds of organizations whose template admins they are: never to a person's workspace (case 164).
 * Errors: `not_found` for an organization, `invalid_request` for an instant that there is not.
 */
export async function listAudit(
  context: AppContext,
  actor: Actor,
  query: AuditQuery,
): Promise<ResponseOf<Routes["listAudit"]>> {
  const subject = await subjectOf(context, actor, query);
  const actorId = query.actor === undefined ? null : await userEverNamed(context.db, query.actor);
  // Which names there are is not told.
  if (subject === undefined || actorId === undefined) return { entries: [], next: null };
  const { rows, next } = await auditPage(context.db, {
    ...subject,
    narrowing: narrowest(subject, actorId),
    before: startOf(query),
    from: query.since === undefined ? oldestOfAll : { at: instantOf("since", query.since), id: 0 },
    action: query.action ?? null,
    actorId,
    visibleTo: isAdministrator(actor) ? null : actor.userId,
    administers: actor.organizations.filter(({ role }) => role === "template_admin").map(({ id }) => id),
    limit: pageOf(query).limit,
    lookedMax: auditEntriesLookedMax,
  });
  return { entries: rows.map(entryView), next: next === null ? null : `${next.at.getTime()}-${next.id}` };
}

/** What entries have to be about. */
interface Subject {
  readonly targetId: string | null;
  readonly name: string | null;
  readonly kinds: readonly AuditTargetKind[] | null;
  readonly organizationId: OrganizationId | null;
  readonly ownerId: UserId | null;
}

/** Undefined: of nothing that there ever was. */
async function subjectOf(context: AppContext, actor: Actor, query: AuditQuery): Promise<Subject | undefined> {
  const { workspace, template } = query;
  if (workspace !== undefined && (template ?? query.kind ?? query.name) !== undefined) {
    throw refused("workspace", "it stands alone: not together with a template, a kind or a name");
  }
  if (template !== undefined && (query.kind ?? query.name) !== undefined) {
    throw refused("template", "it stands alone: not together with a kind or a name");
  }
  // Templates of several organizations may have one name; without any of this, all that the actor may see.
  const isInOrganization = query.organization !== undefined || (template !== undefined && !uuidPattern.test(template));
  const organizationId = isInOrganization ? (await organizationOf(context, actor, query.organization)).id : null;
  const all = { targetId: null, name: null, kinds: null, organizationId, ownerId: null };
  if (workspace !== undefined) return await workspaceSubject(context, actor, { ...all, workspace });
  if (template !== undefined) return { ...all, ...idOrName(template), kinds: templateKinds };
  return { ...all, name: query.name ?? null, kinds: query.kind === undefined ? null : [query.kind] };
}

async function workspaceSubject(
  context: AppContext,
  actor: Actor,
  { workspace, ...all }: Subject & { readonly workspace: string },
): Promise<Subject | undefined> {
  const kinds: readonly AuditTargetKind[] = ["workspace"];
  if (uuidPattern.test(workspace)) return { ...all, targetId: workspace, kinds };
  const slash = workspace.indexOf("/");
  const ownerId = slash < 0 ? actor.userId : await userEverNamed(context.db, workspace.slice(0, slash));
  return ownerId === undefined ? undefined : { ...all, name: workspace.slice(slash + 1), kinds, ownerId };
}

function idOrName(which: string): Pick<Subject, "targetId" | "name"> {
  return uuidPattern.test(which) ? { targetId: which, name: null } : { targetId: null, name: which };
}

function narrowest({ targetId, name }: Subject, actorId: UserId | null): AuditNarrowing {
  if (targetId !== null) return { by: "target", key: targetId };
  if (name !== null) return { by: "name", key: name };
  return actorId === null ? { by: "newest", key: null } : { by: "actor", key: actorId };
}

function startOf({ before, until }: AuditQuery): AuditPosition {
  // No entry has the id 0, so this is before all of that instant.
  const start = until === undefined ? newestOfAll : { at: instantOf("until", until), id: 0 };
  const [at, id] = (before ?? "").split("-").map(Number);
  if (at === undefined || id === undefined) return start;
  const follows = { at: new Date(at), id };
  return follows.at < start.at ? follows : start;
}

function instantOf(field: string, text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw refused(field, "there is no such instant");
  return at;
}

function refused(field: string, reason: string): CodedError {
  return new CodedError("invalid_request", `The filter ${field} is refused: ${reason}.`, {
    problems: [{ field, reason }],
  });
}

function entryView(row: AuditRow): AuditEntry {
  const { reason, ...detail } = row.detail;
  return {
    id: row.id,
    at: instant(row.at),
    actor: row.actor,
    organization: row.organization,
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id, name: nameOf(row) },
    reason: typeof reason === "string" && reason !== "" ? reason : null,
    detail,
  };
}

function nameOf({ owner, target_kind: kind, target_name: name, detail }: AuditRow): string {
  if (kind === "workspace" && owner !== null && name !== "") return `${owner}/${name}`;
  const preset = detail["preset"];
  return kind === "pool" && typeof preset === "string" ? `${name}/${preset}` : name;
}
