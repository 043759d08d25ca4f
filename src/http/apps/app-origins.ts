import type { IncomingMessage } from "node:http";
import type { AppPlace } from "../../app/apps/app-place.ts";
import { parseAppHost } from "../../contracts/app-address.ts";
import type { AppVisitors } from "./app-visitors.ts";

const preflightSeconds = 600;

interface Where {
  readonly place: AppPlace;
  readonly publicOrigin: string;
  readonly appsHost: string;
}

/** Whether a page at this origin may use the app in its visitor's name: the app's own, and its owner's other apps. */
export async function isAllowedOrigin(visitors: AppVisitors, origin: string, where: Where): Promise<boolean> {
  if (origin === where.publicOrigin) return true;
  if (where.place.app.cors !== "own" || !URL.canParse(origin)) return false;
  const [its, own] = [new URL(origin), new URL(where.publicOrigin)];
  // On another port of the same names there may be somebody else's program, as on a machine where ports are forwarded.
  if (its.protocol !== own.protocol || its.port !== own.port) return false;
  const at = parseAppHost(its.host, where.appsHost);
  if (at.kind !== "app") return false;
  const other = await visitors.place(at.address);
  return other !== undefined && other.workspace.owner_id === where.place.workspace.owner_id;
}

/**
 * Whether a request that a browser has given the visitor's cookie by itself may be passed on: it comes from the app's own
 * pages, from those of its owner's other apps, or a person has opened it. Apps of different people are one site to a
 * browser, which therefore sends the cookie with what any of them asks for.
 */
export async function isOwnIdea(visitors: AppVisitors, request: IncomingMessage, where: Where): Promise<boolean> {
  const { origin, referer, upgrade } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin !== undefined && origin !== "null") return await isAllowedOrigin(visitors, origin, where);
  if (upgrade !== undefined || origin === "null") return false;
  const isSafe = request.method === "GET" || request.method === "HEAD";
  if (site === undefined || site === "same-origin" || site === "none") return isSafe || site === "same-origin";
  if (request.headers["sec-fetch-mode"] === "navigate") return isSafe;
  return (
    referer !== undefined && URL.canParse(referer) && (await isAllowedOrigin(visitors, new URL(referer).origin, where))
  );
}

/** What a browser is told that asks whether another page may ask; null: it may not. */
export async function preflightHeaders(
  visitors: AppVisitors,
  request: IncomingMessage,
  where: Where,
): Promise<Readonly<Record<string, string>> | null> {
  const { origin = "" } = request.headers;
  if (!(await isAllowedOrigin(visitors, origin, where))) return null;
  const headers = request.headers["access-control-request-headers"];
  return {
    ...allowedOrigin(origin),
    "access-control-allow-methods": String(request.headers["access-control-request-method"] ?? "GET"),
    ...(headers === undefined ? {} : { "access-control-allow-headers": headers }),
    "access-control-max-age": String(preflightSeconds),
  };
}

/** Of an answer that another page of the same owner may read. */
export function allowedOrigin(origin: string): Readonly<Record<string, string>> {
  return { "access-control-allow-origin": origin, "access-control-allow-credentials": "true", vary: "Origin" };
}

export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;
}
