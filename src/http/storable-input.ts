import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Credential } from "../contracts/api/route.ts";
import { CodedError, type Problem } from "../contracts/errors.ts";
import { storableText, textFault } from "../contracts/text-fault.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    readonly credential?: Credential;
  }
}

/** Parts of a daemon's body that are sealed as they are, so that what is in them is nobody's matter. */
const opaqueFields: ReadonlySet<string> = new Set(["state"]);
const problemsMax = 20;
/** JSON is parsed to any depth; beyond this nothing of ours goes. */
const depthMax = 64;

/**
 * Every text that comes in is looked at here, once for all routes and sockets: what cannot be stored is refused to people
 * and programs, who can correct it. Agents and daemons pass on what some command printed, and often cut it in the middle
 * of a character; there it is replaced, since refusing it would lose the whole report.
 */
export function checkTexts(app: FastifyInstance): void {
  app.addHook("preValidation", async (request) => {
    const { credential } = request.routeOptions.config;
    const isRelayed = credential === "agent" || credential === "daemon";
    if (isRelayed) request.body = storable(request.body);
    refuseUnstorable(request, isRelayed ? ["params", "query"] : ["params", "query", "body"]);
  });
}

function refuseUnstorable(request: FastifyRequest, parts: readonly ("params" | "query" | "body")[]): void {
  const problems = parts.flatMap((part) => problemsIn(request[part]));
  const [first] = problems;
  if (first === undefined) return;
  const where = first.field === "" ? "the body" : first.field;
  throw new CodedError("invalid_request", `The request is not valid: ${where}: ${first.reason}.`, { problems });
}

/** What is in a value that cannot be stored, each with its path. */
export function problemsIn(value: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  walk(value, "", { depth: 0, problems });
  return problems;
}

interface Walk {
  readonly depth: number;
  readonly problems: Problem[];
}

function walk(value: unknown, field: string, { depth, problems }: Walk): void {
  if (problems.length >= problemsMax) return;
  if (typeof value === "string") {
    const fault = textFault(value);
    if (fault !== null) problems.push({ field: storableText(field), reason: fault });
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) problems.push({ field, reason: "it is larger than a number can be" });
  } else if (typeof value === "object" && value !== null && !Buffer.isBuffer(value)) {
    if (depth >= depthMax) return void problems.push({ field: "", reason: `it is nested more than ${depthMax} deep` });
    for (const [key, inner] of Object.entries(value)) {
      const path = field === "" ? key : `${field}.${key}`;
      const fault = textFault(key);
      if (fault !== null) problems.push({ field: storableText(path), reason: `its name cannot be stored: ${fault}` });
      else walk(inner, path, { depth: depth + 1, problems });
    }
  }
}

/** The same, with every text able to be stored. */
export function storable(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return storableText(value);
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  if (depth >= depthMax) return null;
  if (Array.isArray(value)) return value.map((inner) => storable(inner, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isOpaque = depth === 0 && opaqueFields.has(key);
      return [storableText(key), isOpaque ? inner : storable(inner, depth + 1)];
    }),
  );
}
