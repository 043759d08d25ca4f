import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import type { HttpDeps } from "./http-deps.ts";

const bearer = (description: string) => ({ type: "http", scheme: "bearer", description }) as const;

/** Serves `/api/v1/openapi.json`, made from the table of routes, and a page for people at `/api/docs`. */
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
  app.get("/api/v1/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
