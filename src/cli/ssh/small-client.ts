import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { underUrl } from "../../contracts/under-url.ts";
import { refusedBy } from "../tunnel/tunnel-target.ts";

const requestMs = 30_000;

export interface Seen {
  readonly workspace: Workspace;
  /** Since its latest build was begun, by the server's clock alone. */
  readonly buildAgeMs: number;
}

export interface SmallClientOptions {
  readonly url: string;
  readonly token: string;
  readonly organization: string | null;
}

/** The three calls of a `ProxyCommand`, without the schemas that the whole client checks by. */
export class SmallClient {
  readonly #options: SmallClientOptions;

  constructor(options: SmallClientOptions) {
    this.#options = options;
  }

  async see(workspace: string): Promise<Seen> {
    const { organization } = this.#options;
    const query = organization === null ? "" : `?organization=${encodeURIComponent(organization)}`;
    return await this.#call("GET", `/${encodeURIComponent(workspace)}${query}`);
  }

  async start(workspaceId: string): Promise<Seen> {
    return await this.#call("POST", `/${workspaceId}/builds`, { transition: "start" });
  }

  async #call(method: string, path: string, body?: unknown): Promise<Seen> {
    const { url, token } = this.#options;
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    let response: Response;
    let text: string;
    try {
      response = await fetch(underUrl(url, `/api/v1/workspaces${path}`), {
        method,
        headers: body === undefined ? { authorization: headers.authorization } : headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(requestMs),
      });
      text = await response.text();
    } catch (cause) {
      throw new CodedError("transient", `The server at ${url} cannot be reached.`, { cause });
    }
    if (!response.ok) throw refusedBy(response.status, text);
    // The server serialises by the schema from which this type comes.
    const workspace = JSON.parse(text) as Workspace;
    const now = Date.parse(response.headers.get("date") ?? "");
    const begun = Date.parse(workspace.latestBuild.createdAt);
    return { workspace, buildAgeMs: Number.isNaN(now) ? 0 : Math.max(0, now - begun) };
  }
}
