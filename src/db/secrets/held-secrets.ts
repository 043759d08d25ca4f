import type { TemplateId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface HeldSecret {
  readonly name: string;
  readonly is_templates: boolean;
  /** Whether workspaces of the template get it. */
  readonly is_given: boolean;
}

const heldStatement: Statement<HeldSecret> = statement(
  "secrets_held",
  `select name, template_id is not null as is_templates,
  template_id is not null or is_everywhere or $2 = any(template_ids) as is_given
from secrets
where holder_id in ($1, $2)
  and name = any($3)`,
);

/** Of these names, what a person and a template have. */
export async function heldSecrets(
  sql: Sql,
  by: { readonly ownerId: UserId; readonly templateId: TemplateId; readonly names: readonly string[] },
): Promise<readonly HeldSecret[]> {
  return await sql.query(heldStatement, [by.ownerId, by.templateId, by.names]);
}
