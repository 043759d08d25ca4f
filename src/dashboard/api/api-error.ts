import type { Problem } from "../../contracts/errors.ts";

interface ApiErrorParts {
  readonly code: string;
  readonly message: string;
  readonly next?: string | undefined;
  readonly requestId?: string | undefined;
  readonly status: number;
  readonly problems?: readonly Problem[] | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** A coded refusal of the server, or that it could not be reached (`unreachable`). */
export class ApiError extends Error {
  readonly code: string;
  readonly next: string;
  readonly requestId: string;
  readonly status: number;
  readonly problems: readonly Problem[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;

  constructor(parts: ApiErrorParts) {
    super(parts.message);
    this.name = "ApiError";
    this.code = parts.code;
    this.next = parts.next ?? "";
    this.requestId = parts.requestId ?? "";
    this.status = parts.status;
    this.problems = parts.problems ?? [];
    this.details = parts.details ?? {};
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }

  /** Whether the same request may well be answered in a moment. */
  get isPassing(): boolean {
    return this.code === "unreachable" || (this.status >= 502 && this.status <= 504);
  }
}

export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError({
    code: "page_fault",
    message: `The page failed: ${message}`,
    next: "Load it again.",
    status: 0,
  });
}
