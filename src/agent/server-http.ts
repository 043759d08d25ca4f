import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import {
  agentKeyHeader,
  type AgentManifest,
  type AgentSecrets,
  type ClaimAcknowledgement,
  type ClaimRecord,
  type GitCredential,
  type GitCredentialAsk,
  type GitCredentialReport,
} from "../contracts/agent-protocol.ts";
import { agentRoutes } from "../contracts/api/system.ts";
import type { ImageFacts } from "../contracts/image-facts.ts";
import { agentMessageBytesMax, agentSettingsBytesMax } from "../contracts/limits.ts";
import { underUrl } from "../contracts/under-url.ts";

/** The manifest with all that its build has told. */
const answerBytesMax = agentMessageBytesMax + agentSettingsBytesMax;

/** An answer other than the good one. 401: the token is not (or no longer) known. */
export class ServerRefusal extends Error {
  readonly status: number;

  constructor(status: number, body: string) {
    super(`the server answered ${status}: ${body.slice(0, 300)}`);
    this.name = "ServerRefusal";
    this.status = status;
  }
}

export interface ServerHttpOptions {
  readonly serverUrl: string;
  readonly token: string;
  /** See `agentKey`. */
  readonly key: string | null;
  readonly requestMs: number;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/**
 * The agent's HTTP calls, over one kept connection. Not the general client: `fetch` costs 8 MB of memory
 * (measured), times every idle workspace.
 */
export class ServerHttp {
  readonly #options: ServerHttpOptions;
  readonly #connections: HttpAgent | HttpsAgent;

  constructor(options: ServerHttpOptions) {
    this.#options = options;
    const isSecure = new URL(options.serverUrl).protocol === "https:";
    const settings = { keepAlive: true, maxSockets: 2, maxFreeSockets: 1 };
    this.#connections = isSecure ? new HttpsAgent(settings) : new HttpAgent(settings);
  }

  async manifest(abort: AbortSignal): Promise<AgentManifest> {
    // The server serialises by the schema from which this type comes.
    return (await this.#json(agentRoutes.agentManifest, abort)) as AgentManifest;
  }

  async claim(abort: AbortSignal): Promise<ClaimRecord> {
    return (await this.#json(agentRoutes.agentClaim, abort)) as ClaimRecord; // as above
  }

  async secrets(abort: AbortSignal): Promise<AgentSecrets> {
    return (await this.#json(agentRoutes.agentSecrets, abort)) as AgentSecrets; // as above
  }

  async acknowledge(body: ClaimAcknowledgement, abort: AbortSignal): Promise<void> {
    await this.#json({ ...agentRoutes.acknowledgeClaim, body }, abort);
  }

  async gitCredential(body: GitCredentialAsk, abort: AbortSignal): Promise<GitCredential> {
    return (await this.#json({ ...agentRoutes.agentGitCredential, body }, abort)) as GitCredential; // as above
  }

  async reportGitCredential(body: GitCredentialReport, abort: AbortSignal): Promise<void> {
    await this.#json({ ...agentRoutes.reportGitCredential, body }, abort);
  }

  async image(body: ImageFacts, abort: AbortSignal): Promise<void> {
    await this.#json({ ...agentRoutes.reportImage, body }, abort);
  }

  close(): void {
    this.#connections.destroy();
  }

  async #json(call: Call, abort: AbortSignal): Promise<unknown> {
    try {
      return await this.#send(call, abort);
    } catch (error) {
      // A kept connection that the server has closed meanwhile says nothing about the server: ask once more.
      if (abort.aborted || !(error instanceof StaleConnection)) throw error;
      return this.#send(call, abort);
    }
  }

  #send(call: Call, abort: AbortSignal): Promise<unknown> {
    const url = new URL(underUrl(this.#options.serverUrl, call.path));
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = send(url, {
        method: call.method,
        agent: this.#connections,
        signal: AbortSignal.any([abort, AbortSignal.timeout(this.#options.requestMs)]),
        headers: {
          authorization: `Bearer ${this.#options.token}`,
          ...keyHeader(this.#options.key),
          accept: "application/json",
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        },
      });
      outgoing.on("response", (answer) => void readAnswer(answer).then(resolve, reject));
      outgoing.on("error", (error) => {
        const isStale = outgoing.reusedSocket && "code" in error && error.code === "ECONNRESET";
        reject(isStale ? new StaleConnection("the kept connection was closed", { cause: error }) : error);
      });
      outgoing.end(body);
    });
  }
}

/** What an agent sends with its token, wherever it sends that. */
export function keyHeader(key: string | null): Readonly<Record<string, string>> {
  return key === null ? {} : { [agentKeyHeader]: key };
}

class StaleConnection extends Error {}

async function readAnswer(answer: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > answerBytesMax) throw new Error(`the server's answer is larger than ${answerBytesMax} bytes`);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString("utf8");
  const status = answer.statusCode ?? 0;
  if (status < 200 || status > 299) throw new ServerRefusal(status, text);
  try {
    return JSON.parse(text);
  } catch {
    // Its own error repeats a piece of the text, which may be a secret, and errors are logged.
    throw new Error("the server's answer is not JSON");
  }
}
