import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { type RouteId, routes } from "../contracts/api/routes.ts";
import type { RouteDefinition } from "../contracts/api/route.ts";
import { CodedError } from "../contracts/errors.ts";
import { type Metrics, scrapeContentType } from "../platform/metrics/metrics.ts";

export const metricsPath = "/metrics";

/** Who may read the metrics. Known without asking the database: a scrape must work, and cost nothing, when that is away. */
export interface MetricsAccess {
  readonly isPublic: boolean;
  /** Empty: there is none, and nobody may unless they are public. */
  readonly token: string;
}

/** `GET /metrics`, in Prometheus' text format. Errors: `unauthenticated`. */
export function registerMetricsPage(
  app: FastifyInstance,
  { metrics, metricsAccess }: { readonly metrics: Metrics; readonly metricsAccess: MetricsAccess },
): void {
  app.get(metricsPath, { schema: { hide: true } }, async (request, reply) => {
    requireAccess(metricsAccess, request.headers.authorization);
    void reply.type(scrapeContentType).header("vary", "accept-encoding");
    if (!/\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) return await reply.send(await metrics.scrape());
    return await reply.header("content-encoding", "gzip").send(await metrics.scrape("gzip"));
  });
}

function requireAccess({ isPublic, token }: MetricsAccess, header: string | undefined): void {
  if (isPublic) return;
  if (token === "") {
    throw new CodedError("unauthenticated", "The metrics of this server are open to nobody.", {
      next: "Start it with `metrics.token`, and send that as a bearer token; or with `metrics.public`.",
    });
  }
  if (header !== undefined && isSame(header, `Bearer ${token}`)) return;
  throw new CodedError("unauthenticated", "The metrics need the server's `metrics.token` as a bearer token.", {
    next: "In Prometheus: `authorization: { credentials: … }` of the scrape configuration.",
  });
}

/** Compared by digests, so that the time it takes tells nothing of the token. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Patterns of the routes that stay open by nature: their duration says nothing. */
const streams = new Set(
  (Object.keys(routes) as RouteId[])
    .map((id): RouteDefinition => routes[id])
    .filter((route) => route.transport === "sse")
    .map((route) => route.path),
);

/** Measures every request, by its route's pattern: a path with names in it would make a series each. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unmatched";
    if (streams.has(route) || request.ws) return;
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    metrics.observe(
      "http_request_duration_seconds",
      { method: request.method, route, status },
      reply.elapsedTime / 1_000,
    );
  });
}
