import { templateForm } from "../../app/forms/template-form.ts";
import { checkTemplate, pushTemplate } from "../../app/templates/push-template.ts";
import {
  archiveOfVersion,
  deprecate,
  listAllTemplates,
  listTemplateVersions,
  promote,
  removeTemplate,
  templateDetail,
} from "../../app/templates/templates.ts";
import type { templateFormRoutes } from "../../contracts/api/template-form.ts";
import type { templateRoutes } from "../../contracts/api/templates.ts";
import type { Handlers } from "../handler.ts";
import { pushedParts } from "../pushed-parts.ts";
import type { HttpDeps } from "../http-deps.ts";

export function templateHandlers(
  deps: HttpDeps,
): Handlers<keyof typeof templateRoutes | keyof typeof templateFormRoutes> {
  return {
    listTemplates: async ({ caller, query }) => await listAllTemplates(deps, caller, query),
    getTemplate: async ({ caller, params, query }) => await templateDetail(deps, caller, { ...query, ...params }),
    pushTemplate: async ({ caller, params, query, body, request }) => {
      const { name, ...rest } = query;
      return await pushTemplate(deps, caller, {
        ...rest,
        ...params,
        ...(name === undefined ? {} : { versionName: name }),
        ...(await pushedParts(request.headers["content-type"], body)),
      });
    },
    listTemplateVersions: async ({ caller, params, query }) =>
      await listTemplateVersions(deps, caller, { ...query, ...params }),
    getVersionArchive: async ({ caller, params, query, reply }) => {
      const bytes = await archiveOfVersion(deps, caller, { ...query, ...params });
      return await reply.type("application/gzip").send(bytes);
    },
    checkTemplate: async ({ caller, query, body }) => await checkTemplate(deps, caller, { ...query, archive: body }),
    promoteTemplateVersion: async ({ caller, params, query }) => await promote(deps, caller, { ...query, ...params }),
    deprecateTemplate: async ({ caller, params, query, body }) =>
      await deprecate(deps, caller, { ...query, ...params, ...body }),
    evaluateTemplateForm: async ({ caller, params, query, body }) =>
      await templateForm(deps, caller, { ...query, ...params, ...body }),
    deleteTemplate: async ({ caller, params, query }) => {
      await removeTemplate(deps, caller, { ...query, ...params });
      return {};
    },
  };
}
