import { type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { addressText, type EngineAddress } from "./engine-address.ts";
import { EngineError, isGone, unreachable } from "./engine-error.ts";

/** The newest and the oldest version of the Engine API that this client knows how to speak: Docker 19.03 to 28. */
const apiNewest: ApiVersion = [1, 47];
const apiOldest: ApiVersion = [1, 40];
type ApiVersion = readonly [number, number];

/** An answer that is read whole may be so large; lists of a host with thousands of containers fit. */
const answerBytesMax = 64 * 1_048_576;
/** An engine that says nothing for so long is taken for hanging. Streams have no such limit. */
const silenceMsMax = 120_000;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface EngineCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  /** Below the version, for example `/containers/json`. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a tar archive, in place of `body`. */
  readonly archive?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly abort?: AbortSignal;
}

/**
 * A thin client of the Docker Engine API over its socket, or TCP with TLS. One connection a call: over a socket that
 * costs nothing, and no kept connection can turn out to be dead. Errors: `EngineError`.
 */
export class EngineClient {
  readonly #address: EngineAddress;
  #prefix: Promise<string> | null = null;

  constructor(address: EngineAddress) {
    this.#address = address;
  }

  /** For messages. */
  get where(): string {
    return addressText(this.#address);
  }

  /** Calls and reads the answer whole. The caller knows the answer's shape from the API's reference. */
  async call<Answer = unknown>(call: EngineCall): Promise<Answer> {
    const answer = await this.open(call);
    const text = await readText(answer, this.where);
    return (text === "" ? undefined : JSON.parse(text)) as Answer; // the shape is the reference's, as said above
  }

  /** As `call`, with null for what does not exist. */
  async find<Answer>(call: EngineCall): Promise<Answer | null> {
    try {
      return await this.call<Answer>(call);
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  }

  /** Calls and resolves with the answer's head; its body is for the caller to read or to destroy. */
  async open(call: EngineCall): Promise<IncomingMessage> {
    const prefix = await this.#negotiated();
    return await this.#send(prefix, call);
  }

  /** The newest version that both sides know, asked for once. */
  #negotiated(): Promise<string> {
    this.#prefix ??= this.#negotiate().catch((error: unknown) => {
      this.#prefix = null;
      throw error;
    });
    return this.#prefix;
  }

  async #negotiate(): Promise<string> {
    const answer = await this.#send("", { method: "GET", path: "/_ping" });
    await readText(answer, this.where);
    const offered = parseVersion(String(answer.headers["api-version"] ?? ""));
    if (offered === undefined) {
      throw new EngineError(0, `What answers at ${this.where} is no Docker Engine: it names no API version.`);
    }
    if (compare(offered, apiOldest) < 0) {
      throw new EngineError(
        400,
        `The Docker Engine at ${this.where} speaks API ${offered.join(".")}, and ${apiOldest.join(".")} is needed.`,
        { next: "Update Docker to 19.03 or newer." },
      );
    }
    const chosen = compare(offered, apiNewest) < 0 ? offered : apiNewest;
    return `/v${chosen.join(".")}`;
  }

  #send(prefix: string, call: EngineCall): Promise<IncomingMessage> {
    const { body, archive, abort } = call;
    const payload = archive ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
    const type = archive === undefined ? "application/json" : "application/x-tar";
    const options: RequestOptions = {
      ...connection(this.#address),
      method: call.method,
      path: `${prefix}${call.path}${queryText(call.query ?? {})}`,
      agent: false,
      headers: {
        host: "docker",
        ...call.headers,
        ...(payload === undefined ? {} : { "content-type": type, "content-length": payload.length }),
      },
      ...(abort === undefined ? {} : { signal: abort }),
    };
    const isTls = this.#address.kind === "tcp" && this.#address.tls !== null;
    return new Promise((resolve, reject) => {
      const outgoing = (isTls ? httpsRequest : httpRequest)(options);
      outgoing.setTimeout(silenceMsMax, () => {
        outgoing.destroy(new Error(`it said nothing for ${silenceMsMax / 1_000} s`));
      });
      outgoing.on("error", (error) => reject(abort?.aborted === true ? error : unreachable(this.where, error)));
      outgoing.on("response", (answer) => {
        outgoing.setTimeout(0);
        const status = answer.statusCode ?? 0;
        if (status < 400) resolve(answer);
        else void refusal(answer, this.where).then(reject, reject);
      });
      outgoing.end(payload);
    });
  }
}

function connection(address: EngineAddress): RequestOptions & { readonly ca?: string } {
  if (address.kind === "unix") return { socketPath: address.path };
  return { host: address.host, port: address.port, ...address.tls };
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? "" : `?${parameters.toString()}`;
}

/** A filter of a list or of events, as the API wants it in the query. */
export function filters(wanted: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(wanted);
}

async function refusal(answer: IncomingMessage, where: string): Promise<EngineError> {
  const text = await readText(answer, where).catch(() => "");
  return new EngineError(answer.statusCode ?? 0, `Docker refused: ${messageIn(text) || `status ${answer.statusCode}`}`);
}

function messageIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "message" in value) return String(value.message);
  } catch {
    // Proxies in front of an engine answer in words of their own.
  }
  return text.slice(0, 500).trim();
}

async function readText(answer: IncomingMessage, where: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Streams may be silent for long; an answer that is read to its end may not.
  answer.setTimeout(silenceMsMax, () => answer.destroy(new Error(`it said nothing for ${silenceMsMax / 1_000} s`)));
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > answerBytesMax) throw new Error(`its answer is larger than ${answerBytesMax} bytes`);
      pieces.push(piece);
    }
  } catch (error) {
    throw unreachable(where, error);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function parseVersion(text: string): ApiVersion | undefined {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

function compare(one: ApiVersion, other: ApiVersion): number {
  return one[0] - other[0] || one[1] - other[1];
}
