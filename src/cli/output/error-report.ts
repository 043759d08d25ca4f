import { CodedError, type Problem } from "../../contracts/errors.ts";
import { InterruptedError } from "../interrupted.ts";
import { UsageError } from "../usage-error.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";

/** An error as it is shown. `code` is one of the registry, `usage` or `interrupted`. */
interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly problems: readonly Problem[];
  /** Seconds after which the same may succeed, when the server says so. */
  readonly retryAfterSeconds?: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** Of the request that failed, as the server's log names it. */
  readonly requestId?: string | undefined;
}

function factsOf(error: unknown): ErrorFacts {
  if (error instanceof CodedError) return error;
  if (error instanceof UsageError) {
    return { code: "usage", message: error.message, next: error.next, problems: [], details: {} };
  }
  if (error instanceof InterruptedError) {
    return { code: "interrupted", message: error.message, next: error.next, problems: [], details: {} };
  }
  return {
    code: "internal",
    message: error instanceof Error ? error.message : String(error),
    next: "This was not expected; set PREWARM_DEBUG=1 to see where it came from.",
    problems: [],
    details: {},
  };
}

/** The same facts for programs: `{ "error": { code, message, next, problems, retryAfterSeconds?, details, requestId? } }`. */
export function errorJson(error: unknown): { readonly error: ErrorFacts } {
  const { code, message, next, problems, retryAfterSeconds, details, requestId } = factsOf(error);
  return { error: { code, message, next, problems, retryAfterSeconds, details, requestId } };
}

function placeOf(problem: Problem): string {
  if (problem.file === undefined) return problem.line === undefined ? "" : `line ${problem.line}`;
  return [printable(problem.file), problem.line, problem.column].filter((part) => part !== undefined).join(":");
}

function problemLine(problem: Problem, paint: Paint): string {
  const place = placeOf(problem);
  const parts = [place === "" ? [] : [place], problem.field === "" ? [] : [paint.bold(printable(problem.field))]];
  return `  ${[...parts.flat(), printable(problem.reason)].join("  ")}`;
}

/** What happened with its code, each single problem with its place and field, and what to do next. */
export function renderError(error: unknown, paint: Paint): string {
  const facts = factsOf(error);
  const message = facts.message.split("\n").map(printable).join("\n");
  return [
    `${paint.red("error:")} ${message} ${paint.dim(`[${facts.code}]`)}`,
    ...facts.problems.map((problem) => problemLine(problem, paint)),
    ...(facts.retryAfterSeconds === undefined ? [] : [`  a retry may succeed after ${facts.retryAfterSeconds} s`]),
    ...(facts.requestId === undefined ? [] : [paint.dim(`  request ${printable(facts.requestId)}`)]),
    ...(facts.next === "" ? [] : [`→ ${printable(facts.next)}`]),
  ].join("\n");
}
