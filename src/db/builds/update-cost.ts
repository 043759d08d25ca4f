import type { OrganizationId, TemplateVersionId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { lockQuota, quotaOfPerson, setCost } from "../people/quota.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

interface PriceRow {
  readonly organization_id: OrganizationId;
  readonly owner_id: UserId;
  readonly current: number;
  /** Null: the version declares none, so the workspace keeps the one that it has. */
  readonly declared: number | null;
}

const priceStatement: Statement<PriceRow> = statement(
  "update_price",
  // The preset of the other version is the one that is called as the workspace's is.
  `select w.organization_id, w.owner_id, w.cost as current, coalesce(n.cost, (v.manifest ->> 'cost')::int) as declared
from workspaces w
join template_versions v on v.id = $2
left join presets p on p.id = w.preset_id
left join presets n on n.template_version_id = v.id and lower(n.name) = lower(p.name)
where w.id = $1`,
);

/** An update that the owner's quota does not cover, in cost units. */
export interface UpdateExceeded {
  readonly organizationId: OrganizationId;
  readonly ownerId: UserId;
  /** What the workspace costs, and would. */
  readonly current: number;
  readonly needed: number;
  /** What the owner uses, this workspace included, and may use. */
  readonly used: number;
  readonly allowed: number;
}

/**
 * Gives a locked workspace the cost of another version of its template, if its owner's quota covers what it costs more;
 * with quotas off in any case. Until the transaction ends nobody else is let into his quota.
 * @returns null when it is covered; else nothing has changed.
 */
export async function takeUpdateCost(
  tx: Tx,
  input: {
    readonly workspaceId: WorkspaceId;
    readonly versionId: TemplateVersionId;
    readonly isQuotaEnabled: boolean;
  },
): Promise<UpdateExceeded | null> {
  const [price] = await tx.query(priceStatement, [input.workspaceId, input.versionId]);
  if (price === undefined || price.declared === null || price.declared === price.current) return null;
  const { organization_id: organizationId, owner_id: ownerId, current, declared: needed } = price;
  if (input.isQuotaEnabled && needed > current) {
    await lockQuota(tx, [organizationId], ownerId);
    const { used, allowed } = await quotaOfPerson(tx, {
      organizationId,
      ownerId,
      declaredCost: needed,
      presetId: null,
    });
    if (used - current + needed > allowed) return { organizationId, ownerId, current, needed, used, allowed };
  }
  await setCost(tx, input.workspaceId, needed);
  return null;
}
