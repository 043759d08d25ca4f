import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import path from "node:path";
import { appHealthDetailLengthMax } from "../../contracts/app-health.ts";
import type { AppCheck } from "../../platform/manifest-apps.ts";

/** IPv4 first, as `dial` does. */
const loopbacks = ["127.0.0.1", "::1"] as const;

interface Place {
  /** The workspace's, for sockets that are named below it. */
  readonly home: string;
  readonly abort: AbortSignal;
}

/**
 * Asks an app once whether it is well: an answer below 400 says so, and nothing of its body is read.
 * @returns null when it is; else why not, in words.
 */
export async function checkApp(check: AppCheck, { home, abort }: Place): Promise<string | null> {
  const { at } = check;
  if (at.kind === "unix") return whyNot(await askOnce(check, { socketPath: socketPathOf(at.path, home) }, abort));
  let last: Outcome = { kind: "failed", code: "", message: "" };
  for (const host of loopbacks) {
    last = await askOnce(check, { host, port: at.port }, abort);
    if (last.kind === "answered" || last.code !== "ECONNREFUSED") break;
  }
  return whyNot(last);
}

/** A path that begins with `~/` is in the workspace's home. */
export function socketPathOf(text: string, home: string): string {
  return text.startsWith("~/") ? path.join(home, text.slice(2)) : text;
}

type Outcome =
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number };

function askOnce({ at, path: asked, timeoutMs }: AppCheck, address: Address, abort: AbortSignal): Promise<Outcome> {
  const isTls = at.kind === "tcp" && at.isTls;
  const host = at.kind === "tcp" ? `localhost:${at.port}` : "localhost";
  return new Promise((resolve) => {
    const send = isTls ? httpsRequest : httpRequest;
    const request = send({
      ...address,
      path: asked,
      // One connection for each: nothing rests here between two checks.
      agent: false,
      headers: { host, "user-agent": "prewarm-health-check", connection: "close" },
      // The workspace's own machine: there is no name to be proven.
      ...(isTls ? { rejectUnauthorized: false } : {}),
    });
    const finish = (outcome: Outcome): void => {
      clearTimeout(limit);
      abort.removeEventListener("abort", onAbort);
      request.destroy();
      resolve(outcome);
    };
    const onAbort = (): void => finish({ kind: "failed", code: "", message: "the workspace is shutting down" });
    const late = `no answer within ${timeoutMs / 1_000} s`;
    const limit = setTimeout(() => finish({ kind: "failed", code: "", message: late }), timeoutMs);
    abort.addEventListener("abort", onAbort, { once: true });
    if (abort.aborted) return onAbort();
    request.once("response", (answer) => {
      answer.on("error", () => undefined);
      finish({ kind: "answered", status: answer.statusCode ?? 0 });
    });
    // Also of what is destroyed here.
    request.on("error", (error: NodeJS.ErrnoException) => {
      finish({ kind: "failed", code: error.code ?? "", message: error.message });
    });
    request.end();
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens",
  ENOENT: "there is no such socket",
  EACCES: "the workspace's account may not connect",
  ECONNRESET: "it breaks off",
};

function whyNot(outcome: Outcome): string | null {
  if (outcome.kind === "answered") return outcome.status < 400 ? null : `it answers with status ${outcome.status}`;
  return (reasons[outcome.code] ?? outcome.message).slice(0, appHealthDetailLengthMax);
}
