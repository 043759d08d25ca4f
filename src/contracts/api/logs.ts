import { type Static, Type } from "typebox";
import { logSearchLinesMax, logSearchTextLengthMax } from "../limits.ts";
import { Instant } from "./common-schemas.ts";

export const LogEntry = Type.Object({
  /** Cursor of the entry: `after` of the next call. */
  id: Type.Integer(),
  at: Instant,
  level: Type.String(),
  /** Phase of a build (`apply` …), or source of an agent's line (`agent`, `prewarm`, `start`, `claim`, `dotfiles`, `stop`). */
  stage: Type.String(),
  line: Type.String(),
});
export type LogEntry = Static<typeof LogEntry>;

export const logQuery = {
  /** Only entries after this cursor; 0 for all. */
  after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_000 })),
};

/** Of a log that can be searched: `search` is a text, whatever its case, in which no character means anything else. */
export const logSearchQuery = {
  ...logQuery,
  search: Type.Optional(Type.String({ minLength: 1, maxLength: logSearchTextLengthMax })),
};

export const LogPage = Type.Object({
  /** With `search` those that have the text, as many as `limit` says; fewer where they are long. */
  entries: Type.Array(LogEntry),
  /** Only of a search. */
  found: Type.Optional(
    Type.Object({
      /** How many lines after the cursor have the text, of those that were looked through. */
      matches: Type.Integer(),
      /** Whether all lines after the cursor were; else there may be more. */
      isWhole: Type.Boolean(),
      /** `after` of the search that goes on from here; null where nothing is left. */
      next: Type.Union([Type.Integer(), Type.Null()]),
    }),
  ),
});
export type LogPage = Static<typeof LogPage>;

/** For the summaries of the routes. */
export const logSearchBound = `One search looks through ${logSearchLinesMax} lines at most.`;
