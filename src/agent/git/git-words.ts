import { fieldsOfLine } from "../line-exchange.ts";
/** What the program that git starts and the agent say to each other: a line of JSON each, over the agent's socket. */

/** Of one message either way; git itself takes no longer lines. */
export const gitWordBytesMax = 65_536;

/** For an answer, from the question on: git and whoever waits for it must not hang. */
export const gitAnswerMs = 10_000;

export const gitOperations = ["get", "store", "erase"] as const;

/** An operation of git's credential helpers with its attributes, those that are of use here. */
export interface GitAsk {
  readonly operation: (typeof gitOperations)[number];
  readonly protocol: string;
  readonly host: string;
  readonly username: string | null;
  readonly password: string | null;
}

export interface GitAnswer {
  /** Null: git goes on to its other helpers, or asks. */
  readonly credential: { readonly username: string; readonly password: string } | null;
  /** For who uses git, as a line without its end. */
  readonly notice: string | null;
}

/** Null for what is none. */
export function gitAskOf(text: string): GitAsk | null {
  const fields = fieldsOfLine(text);
  if (fields === null) return null;
  const { operation, protocol, host, username, password } = fields;
  const known = gitOperations.find((one) => one === operation);
  if (known === undefined || typeof protocol !== "string" || typeof host !== "string") return null;
  return { operation: known, protocol, host, username: textOf(username), password: textOf(password) };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
