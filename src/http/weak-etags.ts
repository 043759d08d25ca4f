import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";

/** What a JSON answer is called: weak, as it says that the content is the same and nothing of its bytes. */
const weakEtag = (text: string): string => `W/"${createHash("sha1").update(text).digest("base64url")}"`;

/**
 * Answers of the API are for whoever asked and are kept by nothing on the way or on a disk. Whoever asks again names what
 * he has by `if-none-match`, and is told in a word where it is still so: it is computed anew each time, so nothing is
 * ever told to be current that is not.
 */
export function nameAnswers(app: FastifyInstance): void {
  app.addHook<string>("onSend", async (request, reply, payload) => {
    if (!request.url.startsWith("/api/v1/")) return payload;
    if (!reply.hasHeader("cache-control")) void reply.header("cache-control", "no-store");
    if (
      request.method !== "GET" ||
      reply.statusCode !== 200 ||
      typeof payload !== "string" ||
      reply.hasHeader("etag")
    ) {
      return payload;
    }
    const etag = weakEtag(payload);
    void reply.header("etag", etag);
    if (!isNamed(request.headers["if-none-match"], etag)) return payload;
    void reply.code(304).removeHeader("content-length").removeHeader("content-type");
    return "";
  });
}

/** @param names as `if-none-match` has them: one, several with commas between, or `*` */
function isNamed(names: string | undefined, etag: string): boolean {
  if (names === undefined) return false;
  return names.split(",").some((name) => name.trim() === etag || name.trim() === "*");
}
