import { listAudit } from "../../app/audit/list-audit.ts";
import type { auditRoutes } from "../../contracts/api/audit.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function auditHandlers(deps: HttpDeps): Handlers<keyof typeof auditRoutes> {
  return { listAudit: async ({ caller, query }) => await listAudit(deps, caller, query) };
}
