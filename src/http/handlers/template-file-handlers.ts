import { diffVersion, listVersionFiles, templateReadme, versionFile } from "../../app/templates/version-files.ts";
import type { templateFileRoutes } from "../../contracts/api/template-files.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function templateFileHandlers(deps: HttpDeps): Handlers<keyof typeof templateFileRoutes> {
  return {
    getTemplateReadme: async ({ caller, params, query }) => await templateReadme(deps, caller, { ...query, ...params }),
    listVersionFiles: async ({ caller, params, query }) =>
      await listVersionFiles(deps, caller, { ...query, ...params }),
    getVersionFile: async ({ caller, params, query }) => await versionFile(deps, caller, { ...query, ...params }),
    diffVersion: async ({ caller, params, query }) => await diffVersion(deps, caller, { ...query, ...params }),
  };
}
