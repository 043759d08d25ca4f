import http from "node:http";

export interface Sent {
  readonly method: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** Address of this machine to come from: sign-ins are limited by it. */
  readonly from?: string;
}

export type Answered =
  | { readonly kind: "answer"; readonly status: number; readonly body: string; readonly elapsedMs: number }
  /** The server closed the connection without an answer, as it does with what is no HTTP. */
  | { readonly kind: "closed"; readonly reason: string }
  | { readonly kind: "hung" };

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

/** Sends one request as it is. An event stream counts as answered by its headers. */
export async function send(url: string, sent: Sent, limitMs: number): Promise<Answered> {
  const { hostname, port } = new URL(url);
  const began = performance.now();
  return await new Promise<Answered>((resolve) => {
    const request = http.request({
      hostname,
      port,
      method: sent.method,
      path: sent.target,
      headers: { ...sent.headers, ...(sent.body === null ? {} : { "content-length": String(sent.body.length) }) },
      ...(sent.from === undefined ? { agent } : { localAddress: sent.from, agent: false }),
    });
    const done = (answered: Answered): void => {
      clearTimeout(limit);
      resolve(answered);
    };
    const limit = setTimeout(() => {
      done({ kind: "hung" });
      request.destroy();
    }, limitMs);
    request.on("error", (error) => done({ kind: "closed", reason: error.message }));
    request.on("response", (response) => {
      const status = response.statusCode ?? 0;
      const answer = (body: string): void =>
        done({ kind: "answer", status, body, elapsedMs: performance.now() - began });
      if (String(response.headers["content-type"]).startsWith("text/event-stream")) {
        answer("");
        request.destroy();
        return;
      }
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => answer(Buffer.concat(parts).toString("utf8")));
      response.on("error", (error) => done({ kind: "closed", reason: error.message }));
    });
    request.end(sent.body ?? undefined);
  });
}
