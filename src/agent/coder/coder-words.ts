import { fieldsOfLine } from "../line-exchange.ts";
import type { GitAsk } from "../git/git-words.ts";
import { unitDependenciesMax, unitNameLengthMax } from "./units.ts";

/** What the command `coder` and the agent say to each other: a line of JSON each, over the agent's socket. */
export type CoderAsk =
  | { readonly kind: "ping" }
  | { readonly kind: "list" }
  | { readonly kind: "want"; readonly unit: string; readonly on: readonly string[] }
  | { readonly kind: "start" | "complete" | "status"; readonly unit: string }
  | { readonly kind: "git"; readonly ask: GitAsk };

export type CoderAnswer =
  | { readonly outcome: "done"; readonly value: unknown }
  /** A sentence. */
  | { readonly outcome: "refused"; readonly reason: string };

/** Of a question: a unit with as many others as it may wait for, each letter of which JSON may need six for. */
export const coderAskBytesMax = 6 * unitNameLengthMax * (unitDependenciesMax + 2);
/** Of an answer: all units, each of which waits for some. */
export const coderAnswerBytesMax = 8_388_608;
/** For an answer; a little more than git's, as some come from the server. */
export const coderAnswerMs = 15_000;

/** Null for what is none. */
export function coderAskOf(text: string): CoderAsk | null {
  const fields = fieldsOfLine(text);
  if (fields === null) return null;
  const { kind, unit, on, protocol, host, username } = fields;
  if (kind === "ping" || kind === "list") return { kind };
  if (kind === "git" && typeof protocol === "string" && typeof host === "string") {
    const ask = { protocol, host, username: typeof username === "string" ? username : null };
    return { kind, ask: { operation: "get", ...ask, password: null } };
  }
  if (typeof unit !== "string") return null;
  if (kind === "start" || kind === "complete" || kind === "status") return { kind, unit };
  if (kind === "want" && Array.isArray(on) && on.every((each) => typeof each === "string")) return { kind, unit, on };
  return null;
}
