import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import type { RouteDefinition } from "../contracts/api/route.ts";
import { type RouteId, routes } from "../contracts/api/routes.ts";
import { templateVariableLengthMax, templateVariablesMax } from "../contracts/limits.ts";
import type { HttpDeps } from "./http-deps.ts";

const bearer = (description: string) => ({ type: "http", scheme: "bearer", description }) as const;

/** Serves `/api/v1/openapi.json`, made from the table of routes, and a page for people at `/api/docs`. */
/** The bodies that are no JSON, which are checked by hand and not by a schema. */
function bodyOf(operationId: string | undefined): object | undefined {
  const route: RouteDefinition | undefined = isRouteId(operationId) ? routes[operationId] : undefined;
  if (route?.transport !== "binary_up") return undefined;
  const archive = { type: "string", format: "binary", description: "A gzip-compressed tar of the template's folder." };
  const variables = {
    type: "object",
    additionalProperties: { type: "string", maxLength: templateVariableLengthMax },
    maxProperties: templateVariablesMax,
    description: "Values of Terraform variables by name. They are stored sealed, and nothing shows them.",
  };
  const form = { type: "object", required: ["archive"], properties: { archive, variables } };
  return {
    required: true,
    content: {
      "application/gzip": { schema: archive },
      ...(route.takesVariables === true ? { "multipart/form-data": { schema: form } } : {}),
    },
  };
}

function isRouteId(id: string | undefined): id is RouteId {
  return id !== undefined && Object.hasOwn(routes, id);
}

/** The document with the bodies that the table of routes alone does not say. */
function documentOf(app: FastifyInstance): object {
  const document = app.swagger();
  const paths = Object.entries(document.paths ?? {}).map(([path, operations]) => {
    const described = Object.entries(operations ?? {}).map(([method, operation]: [string, unknown]) => {
      const requestBody = bodyOf((operation as { readonly operationId?: string } | null)?.operationId);
      return [method, requestBody === undefined ? operation : { ...(operation as object), requestBody }];
    });
    return [path, Object.fromEntries(described)];
  });
  return { ...document, paths: Object.fromEntries(paths) };
}

export async function registerApiPages(app: FastifyInstance, deps: HttpDeps): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Prewarm",
        version: deps.options.version,
        description: "Keeps pools of ready-to-use workspaces and hands one over the moment somebody asks.",
      },
      components: {
        securitySchemes: {
          user: bearer("A session or an API token (`prewarm tokens create`)."),
          agent: bearer("An agent's own token."),
          daemon: bearer("A daemon key."),
        },
      },
    },
  });
  await app.register(swaggerUi, {
    routePrefix: "/api/docs",
    staticCSP: true,
    // The bar on top asks for the address of another API; this page is about ours.
    theme: { title: "Prewarm API", css: [{ filename: "prewarm.css", content: ".topbar { display: none }" }] },
  });
  app.get("/api/v1/openapi.json", { schema: { hide: true } }, async () => documentOf(app));
}
