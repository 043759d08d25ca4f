import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { ErrorResponse } from "../contracts/api/error-response.ts";
import { CodedError } from "../contracts/errors.ts";
import type { Logger } from "../platform/logger.ts";

/** Any error as a coded one: ours as it is, the framework's by its code, all else as `internal`. */
export function codedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const { code, statusCode, message } = error as Partial<FastifyError>;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return new CodedError("too_large", "The body is larger than this route allows.", { cause: error });
  }
  if (statusCode === 429) return new CodedError("rate_limited", message ?? "Too many requests.", { cause: error });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new CodedError("invalid_request", message ?? "The request cannot be read.", { cause: error });
  }
  if (isRefusedValue(code)) {
    const message = "The database cannot store or compare a value of the request.";
    return new CodedError("invalid_request", message, { cause: error });
  }
  return new CodedError("internal", "The server failed at this request.", { cause: error });
}

/**
 * PostgreSQL's codes of values that are none of their type (class 22), or too large for an index (54000). What a request
 * brings is looked at before; this is for what was forgotten there, and is logged, so that it is not forgotten again.
 */
function isRefusedValue(code: unknown): boolean {
  return typeof code === "string" && /^(22[0-9A-Z]{3}|54000)$/.test(code);
}

export function errorReport(error: CodedError): ErrorResponse["error"] {
  return {
    code: error.code,
    message: error.message,
    next: error.next,
    ...(error.problems.length === 0 ? {} : { problems: error.problems.map((problem) => ({ ...problem })) }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: { ...error.details } }),
  };
}

/** Answers a failed request, and logs what is a fault of ours, once. */
export function answerError(logger: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const coded = codedError(error);
  // That it stops was said once, and is nobody's fault.
  const isForgotten = isRefusedValue((coded.cause as Partial<FastifyError> | undefined)?.code);
  if (isForgotten || (coded.status >= 500 && coded.code !== "server_stopping")) {
    const cause =
      coded.cause instanceof Error
        ? (coded.cause.stack ?? coded.cause.message)
        : typeof coded.cause === "string"
          ? coded.cause
          : JSON.stringify(coded.cause ?? "");
    logger.error("a request failed", {
      requestId: request.id,
      method: request.method,
      url: request.url,
      code: coded.code,
      reason: coded.message,
      cause,
    });
  }
  if (coded.retryAfterSeconds !== undefined) void reply.header("retry-after", String(coded.retryAfterSeconds));
  const body: ErrorResponse = { error: errorReport(coded), requestId: request.id };
  void reply.code(coded.status).type("application/json").send(JSON.stringify(body));
}
