import { type ErrorResponse } from "../contracts/api/error-response.ts";
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, RouteDefinition } from "../contracts/api/route.ts";
import { type RouteId, type Routes, routes } from "../contracts/api/routes.ts";
import { CodedError, isErrorCode, isPassingStatus } from "../contracts/errors.ts";
import { sseHeartbeatMs } from "../contracts/limits.ts";
import { parseEventStream, type ServerSentEvent } from "./event-stream.ts";
import type { TemplateVariables } from "../contracts/template-variables.ts";
import { underUrl } from "../contracts/under-url.ts";

type Part<Key extends string, Value> = [Value] extends [undefined]
  ? { readonly [K in Key]?: undefined }
  : { readonly [K in Key]: Value };
type QueryPart<Value> = [Value] extends [undefined] ? { readonly query?: undefined } : { readonly query?: Value };

/** Values of Terraform variables that travel beside the bytes, never in the address. */
type VariablesPart<Route> = Route extends { readonly takesVariables: true }
  ? { readonly variables?: TemplateVariables }
  : { readonly variables?: undefined };

/** What a call of a route takes: its path parameters, query and body, each only when the route has it. */
export type CallInput<Id extends RouteId> = Part<"params", ParamsOf<Routes[Id]>> &
  QueryPart<QueryOf<Routes[Id]>> &
  (Routes[Id] extends { readonly transport: "binary_up" }
    ? { readonly bytes: Uint8Array<ArrayBuffer> } & VariablesPart<Routes[Id]>
    : Part<"body", BodyOf<Routes[Id]>>) & { readonly signal?: AbortSignal };

export interface ClientOptions {
  /** Base URL of the server, for example `http://127.0.0.1:7080`. */
  readonly url: string;
  /** Session, API, agent or daemon token. */
  readonly token?: string | undefined;
  /** Milliseconds after which a call that is not a stream is given up; 60 s unless said. */
  readonly timeoutMs?: number;
  /** Milliseconds of silence after which a stream, or the wait for its beginning, is given up; 45 s unless said. */
  readonly streamSilenceMs?: number;
}

const defaultTimeoutMs = 60_000;
/** A stream brings a sign of life every `sseHeartbeatMs`. Without three of them its line is taken for dead. */
const streamSilenceMsMax = 3 * sseHeartbeatMs;

interface RequestInput {
  readonly params?: Readonly<Record<string, string | number>> | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly body?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly variables?: TemplateVariables | undefined;
  readonly signal?: AbortSignal;
}

/**
 * The typed client of the HTTP API: one generic call over the table of routes.
 * Errors: `CodedError` with the server's code; `transient` when the server cannot be reached at all.
 */
export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  get token(): string | undefined {
    return this.#options.token;
  }

  /** Calls a JSON route and returns its answer. */
  async call<Id extends RouteId>(id: Id, input: CallInput<Id>): Promise<ResponseOf<Routes[Id]>> {
    const response = await this.#send(routes[id], input, this.#limit(input));
    const text = await this.#read(input, response.text());
    try {
      // The server serialises by the same schema from which this type comes.
      return JSON.parse(text) as ResponseOf<Routes[Id]>;
    } catch (cause) {
      throw noAnswerOfOurs(this.#options.url, response, cause);
    }
  }

  /** Calls a route that answers bytes. */
  async download<Id extends RouteId>(id: Id, input: CallInput<Id>): Promise<Uint8Array> {
    const response = await this.#send(routes[id], input, this.#limit(input));
    return new Uint8Array(await this.#read(input, response.arrayBuffer()));
  }

  /**
   * Opens a server-sent event stream; ends when the server closes it or `signal` aborts.
   * Errors: `transient` also when nothing comes for so long that the line must be dead.
   */
  async *watch<Id extends RouteId>(id: Id, input: CallInput<Id>): AsyncGenerator<ServerSentEvent> {
    const silence = new AbortController();
    const timer = setTimeout(
      () => silence.abort(new DOMException("nothing was heard from it", "TimeoutError")),
      this.#options.streamSilenceMs ?? streamSilenceMsMax,
    );
    const signals = input.signal === undefined ? [silence.signal] : [input.signal, silence.signal];
    try {
      const response = await this.#send(routes[id], input, AbortSignal.any(signals));
      if (response.body === null) return;
      yield* parseEventStream(response.body, () => void timer.refresh());
    } catch (error) {
      throw silence.signal.aborted ? this.#unreachable(error) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #limit({ signal }: RequestInput): AbortSignal {
    const limit = AbortSignal.timeout(this.#options.timeoutMs ?? defaultTimeoutMs);
    return signal === undefined ? limit : AbortSignal.any([signal, limit]);
  }

  /** An answer that breaks off, or that does not come to its end in time. */
  async #read<Value>(input: RequestInput, body: Promise<Value>): Promise<Value> {
    try {
      return await body;
    } catch (error) {
      throw input.signal?.aborted === true ? error : this.#unreachable(error);
    }
  }

  #unreachable(cause: unknown): CodedError {
    if (cause instanceof CodedError) return cause;
    return new CodedError("transient", `The server at ${this.#options.url} cannot be reached: ${reasonOf(cause)}.`, {
      cause,
      next: "Check the address, and that the server runs (`prewarm server`, or `npm start` in its folder).",
    });
  }

  async #send(route: RouteDefinition, input: RequestInput, signal: AbortSignal): Promise<Response> {
    const isStream = route.transport === "sse";
    const headers: Record<string, string> = { accept: isStream ? "text/event-stream" : "application/json" };
    if (this.#options.token !== undefined) headers["authorization"] = `Bearer ${this.#options.token}`;
    let body: string | Uint8Array<ArrayBuffer> | FormData | null = null;
    if (input.bytes !== undefined && Object.keys(input.variables ?? {}).length > 0) {
      // Its type has the boundary in it, which only `fetch` knows. A server of the release before refuses it.
      body = new FormData();
      body.set("variables", JSON.stringify(input.variables));
      body.set("archive", new Blob([input.bytes], { type: "application/gzip" }));
    } else if (input.bytes !== undefined) {
      headers["content-type"] = "application/gzip";
      body = input.bytes;
    } else if (input.body !== undefined) {
      headers["content-type"] = "application/json";
      body = JSON.stringify(input.body);
    }
    let response: Response;
    try {
      response = await fetch(underUrl(this.#options.url, renderPath(route.path, input)), {
        method: route.method,
        headers,
        body,
        signal,
      });
    } catch (cause) {
      if (input.signal?.aborted === true) throw cause;
      throw this.#unreachable(cause);
    }
    if (!response.ok) throw await codedErrorOf(response, this.#options.url);
    return response;
  }
}

function renderPath(template: string, input: RequestInput): string {
  const path = template.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) query.set(key, `${value}`);
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The most telling message of a failed fetch, which hides the reason in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it did not answer in time";
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}

/** A proxy's page, somebody else's server, or a sign-in that stands before ours: its text would tell nobody anything. */
function noAnswerOfOurs(url: string, response: Response, cause?: unknown): CodedError {
  const type = response.headers.get("content-type")?.split(";")[0] ?? "no type";
  const message = `What answers at ${url} is not Prewarm, or something stands before it: ${response.status}, ${type}.`;
  return new CodedError("internal", message, { cause, next: "Check the address, with its path if it has one." });
}

async function codedErrorOf(response: Response, url: string): Promise<CodedError> {
  const text = await response.text();
  let report: ErrorResponse["error"] | undefined;
  let requestId: string | undefined;
  try {
    ({ error: report, requestId } = JSON.parse(text) as Partial<ErrorResponse>);
  } catch {
    report = undefined;
  }
  if (report === undefined || !isErrorCode(report.code)) {
    const code = isPassingStatus(response.status) ? "transient" : "internal";
    if (code === "internal" && report === undefined) return noAnswerOfOurs(url, response);
    return new CodedError(code, `The server answered ${response.status}: ${report?.message ?? text.slice(0, 200)}`, {
      requestId,
    });
  }
  const retryAfter = Number(response.headers.get("retry-after"));
  return new CodedError(report.code, report.message, {
    ...(report.next === undefined ? {} : { next: report.next }),
    problems: (report.problems ?? []).map((problem) => ({ ...problem })),
    details: report.details ?? {},
    requestId,
    ...(retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
  });
}
