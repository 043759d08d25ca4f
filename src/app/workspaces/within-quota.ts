import { CodedError } from "../../contracts/errors.ts";
import type { OrganizationId, PresetId, TemplateVersionId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { takeUpdateCost } from "../../db/builds/update-cost.ts";
import { costsOf, lockQuota, type QuotaRow, quotaOfPerson } from "../../db/people/quota.ts";
import type { Tx } from "../../db/store.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import type { AppContext } from "../app-context.ts";
import type { CreationRequest } from "./creation-request.ts";

/** Workspaces that a refusal looks at, to say which of them would make room. */
const workspacesLookedAtMax = 100;
const workspacesNamedMax = 5;

interface Asked {
  readonly context: AppContext;
  readonly request: CreationRequest;
  readonly input: { readonly name: string };
}

/** Whether a creation has to be covered by its owner's quota: known without asking the database. */
export function isQuotaAsked({ context, request }: Pick<Asked, "context" | "request">): boolean {
  return context.options.isQuotaEnabled && request.cost !== 0;
}

/**
 * Lets a creation pass that its owner's quota covers. Until the transaction ends nobody else creates anything for this
 * owner in this organization, so what has been checked holds when it commits; the check is the same for a claim and
 * for a cold creation, and comes before it is known which of them it will be.
 * @returns the cost units that the workspace takes, warm or cold.
 * Errors: `quota_exceeded`.
 */
export async function admitWithinQuota(tx: Tx, asked: Asked): Promise<number> {
  const { request } = asked;
  const [organizationId, ownerId] = [request.target.organization_id, request.owner.id];
  await lockQuota(tx, [organizationId], ownerId);
  const quota = await quotaOfPerson(tx, {
    organizationId,
    ownerId,
    declaredCost: request.cost,
    presetId: (request.preset?.presetId ?? null) as PresetId | null,
  });
  if (exceedsQuota(quota)) throw await exceeded(tx, asked, quota);
  return quota.needed;
}

/** Whether one more workspace is more than the owner may have: one that costs nothing never is. */
export function exceedsQuota({ used, allowed, needed }: QuotaRow): boolean {
  return needed > 0 && used + needed > allowed;
}

/** Whether the owner's quota covers so many cost units, from now until the transaction ends. */
export async function isCoveredByQuota(tx: Tx, { request }: Pick<Asked, "request">, cost: number): Promise<boolean> {
  const [organizationId, ownerId] = [request.target.organization_id, request.owner.id];
  await lockQuota(tx, [organizationId], ownerId);
  const quota = await quotaOfPerson(tx, { organizationId, ownerId, declaredCost: cost, presetId: null });
  return quota.used + cost <= quota.allowed;
}

/**
 * Lets the update of a locked workspace pass that its owner's quota covers, and gives it the cost of the version.
 * Errors: `quota_exceeded`.
 */
export async function admitUpdate(
  context: AppContext,
  tx: Tx,
  update: {
    readonly workspace: WorkspaceView;
    readonly version: { readonly id: TemplateVersionId; readonly name: string };
  },
): Promise<void> {
  const { workspace, version } = update;
  const { isQuotaEnabled } = context.options;
  const over = await takeUpdateCost(tx, { workspaceId: workspace.id, versionId: version.id, isQuotaEnabled });
  if (over === null) return;
  const { used, allowed, needed, current } = over;
  throw await refusal(tx, {
    what: `"${workspace.name}" costs ${needed} cost units with version ${version.name} instead of ${current}`,
    otherwise: "start it without --update",
    organization: { id: over.organizationId, name: workspace.organization },
    owner: { id: over.ownerId, username: workspace.owner },
    quota: { used, allowed, needed: needed - current },
    except: workspace.id,
  });
}

async function exceeded(tx: Tx, { request, input }: Asked, quota: QuotaRow): Promise<CodedError> {
  return await refusal(tx, {
    what: `"${input.name}" costs ${quota.needed} cost units`,
    otherwise: "choose a cheaper preset",
    organization: { id: request.target.organization_id, name: request.target.organization_name },
    owner: request.owner,
    quota,
    except: null,
  });
}

interface Refused {
  readonly what: string;
  /** What can be had without more room. */
  readonly otherwise: string;
  readonly organization: { readonly id: OrganizationId; readonly name: string };
  readonly owner: { readonly id: UserId; readonly username: string };
  readonly quota: QuotaRow;
  /** A workspace that is not to make room: the one that it is about. */
  readonly except: WorkspaceId | null;
}

async function refusal(tx: Tx, { what, otherwise, organization, owner, quota, except }: Refused): Promise<CodedError> {
  const { used, allowed, needed } = quota;
  const missing = used + needed - allowed;
  const rows = await costsOf(tx, {
    organizationId: organization.id,
    ownerId: owner.id,
    sort: "last_used",
    limit: workspacesLookedAtMax,
    offset: 0,
  });
  const costly = rows.filter((row) => row.cost > 0 && row.id !== except);
  const enough = makingRoom(costly, missing);
  const names = enough.slice(0, workspacesNamedMax).map(({ name, cost }) => `${name} (${cost})`);
  const more = enough.length > workspacesNamedMax ? ` and ${enough.length - workspacesNamedMax} more` : "";
  return new CodedError(
    "quota_exceeded",
    `${what}, and ${owner.username} uses ${used} of ${allowed} in the organization ${organization.name}: that is ` +
      `${missing} too much.`,
    {
      next:
        needed > allowed || enough.length === 0
          ? `Ask an administrator for a larger allowance, or ${otherwise}; \`prewarm quota show\` lists what counts.`
          : `Delete what is used least, for example ${names.join(", ")}${more}, or ask an administrator for a larger allowance.`,
      details: {
        used,
        allowed,
        needed,
        missing,
        workspaces: costly.map(({ id, name, cost }) => ({ id, name, cost })),
      },
    },
  );
}

/** The longest unused workspaces that free what is missing; one that does so by itself is preferred. */
function makingRoom<Row extends { readonly cost: number }>(rows: readonly Row[], missing: number): readonly Row[] {
  const single = rows.find((row) => row.cost >= missing);
  if (single !== undefined) return [single];
  let freed = 0;
  return rows.filter((row) => {
    if (freed >= missing) return false;
    freed += row.cost;
    return true;
  });
}
