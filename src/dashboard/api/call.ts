import type { CallInput } from "../../client/client.ts";
import type { ErrorResponse } from "../../contracts/api/error-response.ts";
import type { ResponseOf } from "../../contracts/api/route.ts";
import type { RouteId, Routes } from "../../contracts/api/routes.ts";
import { serverVersionHeader } from "../../contracts/server-version.ts";
import { noteReached, noteUnreachable } from "../live/live-status.ts";
import { basePath, noteAnswer } from "../state/server-facts.ts";
import { noteUnauthenticated } from "../state/session.ts";
import { ApiError } from "./api-error.ts";
import { rememberAnswer, rememberedAnswer } from "./remembered-answers.ts";

const callLimitMs = 60_000;

interface LooseInput {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

/** Calls a JSON route. Errors: `ApiError`. The session's cookie goes along by itself. */
export async function call<Id extends RouteId>(id: Id, input: CallInput<Id>): Promise<ResponseOf<Routes[Id]>> {
  const { response, known, url } = await send(id, input as LooseInput);
  // The server serialises by the same schema from which this type comes.
  if (response.status === 304 && known !== undefined) return known as ResponseOf<Routes[Id]>;
  try {
    const answer = (await response.json()) as ResponseOf<Routes[Id]>;
    rememberAnswer(url, response, answer);
    return answer;
  } catch (error) {
    throw new ApiError({
      code: "unreachable",
      message: `The server's answer broke off: ${error instanceof Error ? error.message : "it cannot be read"}.`,
      status: response.status,
    });
  }
}

interface Sent {
  readonly response: Response;
  /** What was answered before, where the server was told that it is known. */
  readonly known: unknown;
  readonly url: string;
}

async function send(id: RouteId, input: LooseInput): Promise<Sent> {
  const [method, path] = PREWARM_ROUTES[id] ?? ["GET", "/"];
  const limit = AbortSignal.timeout(callLimitMs);
  const url = `${basePath}${pathOf(path, input)}`;
  const before = method === "GET" ? rememberedAnswer(url) : undefined;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { ...headersOf(input), ...(before === undefined ? {} : { "if-none-match": before.etag }) },
      body: input.bytes ?? (input.body === undefined ? null : JSON.stringify(input.body)),
      credentials: "same-origin",
      signal: input.signal === undefined ? limit : AbortSignal.any([input.signal, limit]),
    });
  } catch (error) {
    if (input.signal?.aborted === true) throw error;
    noteUnreachable();
    throw new ApiError({
      code: "unreachable",
      message: "The server cannot be reached.",
      next: "The page tries again by itself; look whether the server runs and this machine is on the network.",
      status: 0,
    });
  }
  noteAnswer(response, response.headers.get(serverVersionHeader));
  if (response.ok || response.status === 304) {
    noteReached();
    return { response, known: before?.answer, url };
  }
  const error = await refusalOf(response);
  if (error.isPassing) noteUnreachable();
  else noteReached();
  if (error.code === "unauthenticated") noteUnauthenticated();
  throw error;
}

function headersOf({ body, bytes }: LooseInput): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (bytes !== undefined) headers["content-type"] = "application/gzip";
  else if (body !== undefined) headers["content-type"] = "application/json";
  return headers;
}

function pathOf(template: string, input: LooseInput): string {
  const path = template.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) query.set(key, String(value));
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

async function refusalOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("retry-after"));
  const retryAfterSeconds = retryAfter > 0 ? retryAfter : undefined;
  try {
    const { error, requestId } = (await response.json()) as ErrorResponse;
    if (typeof error.code !== "string" || typeof error.message !== "string") throw new TypeError("It is not ours.");
    return new ApiError({ ...error, requestId, status: response.status, retryAfterSeconds });
  } catch {
    return new ApiError({
      code: "internal",
      message: `Something before the server answered ${response.status} and no error of ours.`,
      next: "Look at the reverse proxy, if there is one.",
      status: response.status,
      retryAfterSeconds,
    });
  }
}
