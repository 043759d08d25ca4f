import type { TemplateLifecycle } from "../../contracts/api/schedules.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { LifecyclePolicy, LifecyclePolicyChanges } from "../../contracts/lifecycle.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  changeTemplateLifecycle,
  lockTemplatePolicy,
  type PolicyParts,
  rescheduleDeletions,
  templatePolicy,
} from "../../db/workspaces/lifecycle.ts";
import { allowedDaysOf, deletionNoticeMs } from "../../domain/lifecycle/due-act.ts";
import { lifecyclePolicy, policyProblems } from "../../platform/manifest-lifecycle.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireTemplateAdmin } from "../authorize.ts";
import { requireTemplate } from "./templates.ts";

interface Which {
  readonly organization?: string;
  readonly template: string;
}

export async function getTemplateLifecycle(
  context: AppContext,
  actor: Actor,
  input: Which,
): Promise<TemplateLifecycle> {
  const template = await requireTemplate(context, actor, input);
  return view(template.name, await templatePolicy(context.db, template.id));
}

/**
 * Changes a template's lifecycle policy beside its manifest, field by field, or goes back to the manifest. Workspaces
 * keep their TTL and deadline; unclaimed prebuilds are not concerned (case 159). Not audited when nothing changes (163).
 * Errors: `not_found`, `forbidden`, `invalid_request` for a policy that contradicts itself.
 */
export async function changeTemplatePolicy(
  context: AppContext,
  actor: Actor,
  input: Which & { readonly changes: LifecyclePolicyChanges; readonly reset?: boolean },
): Promise<TemplateLifecycle> {
  const template = await requireTemplate(context, actor, input);
  requireTemplateAdmin(actor, template.organization_id, "change a template's schedule");
  const parts = await context.db.transaction("change template lifecycle", async (tx) => {
    const before = await lockTemplatePolicy(tx, template.id);
    if (before === undefined) throw new CodedError("not_found", `The template "${template.name}" is deleted.`);
    const changes = { ...(input.reset === true ? {} : before.changes), ...input.changes };
    const after = { ...before, changes };
    const policy = lifecyclePolicy(after.section, changes);
    const problems = policyProblems(policy).map((problem) => ({ ...problem, field: `changes.${problem.field}` }));
    const [first] = problems;
    if (first !== undefined) {
      throw new CodedError("invalid_request", `The schedule of "${template.name}" cannot be so: ${first.reason}.`, {
        problems,
      });
    }
    const now = context.clock.now();
    const earlier = lifecyclePolicy(before.section, before.changes);
    const autostartFrom = isAutostartAlike(earlier, policy) ? null : now;
    if (!(await changeTemplateLifecycle(tx, template.id, { changes, autostartFrom }))) return before;
    const { deleteDormantAfterMs } = policy;
    if (earlier.deleteDormantAfterMs !== deleteDormantAfterMs) {
      const toldMs = Math.min(deletionNoticeMs, deleteDormantAfterMs ?? 0);
      const notBefore = new Date(now.getTime() + toldMs);
      await rescheduleDeletions(tx, template.id, { keepMs: deleteDormantAfterMs, notBefore });
    }
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: template.organization_id,
      action: "template.schedule",
      targetId: template.id,
      targetName: template.name,
      detail: { changes },
    });
    return after;
  });
  return view(template.name, parts);
}

/** Whether autostart is allowed on the same days: else moments count from the change on, and none is made up for. */
function isAutostartAlike(one: LifecyclePolicy, other: LifecyclePolicy): boolean {
  const [days, others] = [new Set(allowedDaysOf(one)), new Set(allowedDaysOf(other))];
  return days.size === others.size && [...days].every((day) => others.has(day));
}

function view(template: string, parts: PolicyParts | undefined): TemplateLifecycle {
  const { section = null, changes = {} } = parts ?? {};
  return { template, policy: lifecyclePolicy(section, changes), changes };
}
