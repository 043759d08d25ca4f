import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CodedError } from "../contracts/errors.ts";
import { errorReport } from "./error-answer.ts";
import type { HttpLimits } from "./http-limits.ts";

/**
 * Ends requests whose body does not come: it has to be whole within one window, or go on by so many bytes in each. So an
 * upload over a line that is slow, but alive, takes as long as it needs, and a body that trickles in holds nothing.
 */
export function limitSlowBodies(app: FastifyInstance, limits: HttpLimits): void {
  app.addHook("onRequest", async (request, reply) => {
    if (!request.ws && hasBody(request)) watchBody(request, reply, limits);
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function watchBody(request: FastifyRequest, reply: FastifyReply, limits: HttpLimits): void {
  const { raw } = request;
  // The connection's count costs nothing to read, and a listener for the body's pieces would begin to consume them.
  let seenBytes = raw.socket.bytesRead;
  const timer = setInterval(() => {
    const came = raw.socket.bytesRead - seenBytes;
    seenBytes += came;
    if (came >= limits.bodyBytesMin) return;
    clearInterval(timer);
    refuse(request, reply, limits);
  }, limits.bodyWindowMs);
  const end = (): void => clearInterval(timer);
  raw.once("end", end).once("close", end);
}

function refuse(request: FastifyRequest, reply: FastifyReply, limits: HttpLimits): void {
  // Answered already, without having read the body: only the connection is left to be ended.
  if (reply.sent || reply.raw.headersSent) return void request.raw.socket.destroy();
  const error = new CodedError(
    "request_timeout",
    `The body did not arrive: it has to be whole within ${limits.bodyWindowMs / 1_000} s, or to go on by ${limits.bodyBytesMin} bytes in each such time.`,
  );
  reply.hijack();
  const body = JSON.stringify({ error: errorReport(error), requestId: request.id });
  reply.raw.writeHead(error.status, { "content-type": "application/json", connection: "close" });
  reply.raw.end(body, () => request.raw.socket.destroySoon());
}
