import type { User } from "../../../contracts/api/identity.ts";
import type { TemplateDetail } from "../../../contracts/api/templates.ts";

/** What each tab of a template's page is given. */
export interface TemplateTabProps {
  readonly detail: TemplateDetail;
  readonly me: User;
}
