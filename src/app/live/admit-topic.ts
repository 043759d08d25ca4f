import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import type { LiveTopic } from "../../contracts/live.ts";
import type { Topic } from "../../contracts/news.ts";
import { organizationOfPreset } from "../../db/templates/template-presets.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { requireJob } from "../jobs/jobs.ts";
import { organizationOf } from "../organization.ts";
import { whoseWorkspaces } from "../workspaces/list-workspaces.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";

/** Of which workspaces a list would show some: those of a person, of an organization, or of both. */
export interface WorkspacesOf {
  readonly ownerId: UserId | null;
  readonly organizationId: OrganizationId | null;
}

/** What a live topic listens to, once it is known that its listener may. */
export interface AdmittedTopic {
  readonly news: readonly Topic[];
  readonly workspacesOf: WorkspacesOf | null;
}

/**
 * Lets an actor listen to what he may read: each topic asks what the route asks that a poke has its listener call.
 * Errors: those of that route, `not_found` and `forbidden` above all.
 */
export async function admitLiveTopic(context: AppContext, actor: Actor, topic: LiveTopic): Promise<AdmittedTopic> {
  switch (topic.kind) {
    case "workspace":
      await requireWorkspace(context, actor, topic.id);
      return listensTo(`workspace:${topic.id}`);
    case "metadata":
      await requireWorkspace(context, actor, topic.id);
      // An agent that comes or goes is news of its workspace, and so is another owner.
      return listensTo(`metadata:${topic.id}`, `workspace:${topic.id}`);
    case "workspaces_of_me":
      return { news: [], workspacesOf: await whoseWorkspaces(context, actor, { owner: "me" }) };
    case "workspaces": {
      const { organization } = topic;
      return { news: [], workspacesOf: await whoseWorkspaces(context, actor, { organization, owner: "*" }) };
    }
    case "pools":
      await organizationOf(context, actor, topic.organization);
      return listensTo("pools", "pool_rows");
    case "pool":
      await requirePresetSeen(context, actor, topic);
      return listensTo(`pool:${topic.presetId}`, "pools", "pool_rows");
    case "jobs":
      await organizationOf(context, actor, topic.organization);
      return listensTo("jobs", "queue");
    case "job":
      await requireJob(context, actor, topic.id);
      return listensTo(`job:${topic.id}`);
    case "templates":
      await organizationOf(context, actor, topic.organization);
      return listensTo("templates", "pools");
    case "inbox":
      return listensTo(`inbox:${actor.userId}`);
    case "settings":
      return listensTo("settings");
    case "daemons":
      requireAdministrator(actor, "list provisioner daemons");
      return listensTo("daemons");
  }
}

function listensTo(...news: readonly Topic[]): AdmittedTopic {
  return { news, workspacesOf: null };
}

async function requirePresetSeen(
  context: AppContext,
  actor: Actor,
  { presetId }: Extract<LiveTopic, { readonly kind: "pool" }>,
): Promise<void> {
  const organizationId = await organizationOfPreset(context.db, presetId);
  if (organizationId === undefined) throw new CodedError("not_found", "There is no such pool that you may see.");
  await organizationOf(context, actor, organizationId);
}
