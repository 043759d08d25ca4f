import { templateInsights } from "../../app/templates/template-insights.ts";
import type { templateInsightsRoutes } from "../../contracts/api/template-insights.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function templateInsightsHandlers(deps: HttpDeps): Handlers<keyof typeof templateInsightsRoutes> {
  return {
    templateInsights: async ({ caller, params, query }) =>
      await templateInsights(deps, caller, { ...query, ...params }),
  };
}
