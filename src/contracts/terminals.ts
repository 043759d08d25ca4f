import { type Static, Type } from "typebox";

/**
 * Terminals that stay in a workspace when nobody looks. A session is made at its first attach and lives in the agent;
 * whoever attaches is a viewer of it, by a stream of the tunnel (`TerminalService`) or by a WebSocket at `terminalPath`,
 * which a server joins to such a stream. What goes over both is told in `terminal-records.ts`.
 */
export const terminalPath = (workspaceId: string, terminalId: string): string =>
  `/api/v1/workspaces/${workspaceId}/terminals/${terminalId}`;

export const terminalsPerAgentMax = 16;
export const viewersPerTerminalMax = 16;
export const terminalNameLengthMax = 64;
export const terminalTitleLengthMax = 256;
export const terminalCommandLengthMax = 8_192;
/** Columns, and rows. */
export const terminalSideMax = 1_000;

/** Output that is kept for those who come (back). */
export const terminalRingBytes = 2 * 1_048_576;
/** A viewer that is so far behind holds the program. */
export const terminalUnackedBytesMax = 524_288;
/** Without a viewer a session goes on for so long, and one whose program has ended is shown for so long. */
export const terminalDetachedMs = 24 * 3_600_000;
export const terminalEndedMs = 600_000;
/** A viewer that holds the program and takes less than `terminalStallBytes` in this time is cut off. */
export const terminalStallMs = 10_000;
export const terminalStallBytes = 16_384;
/** Input that the program has not read; beyond it, its sender is not read. */
export const terminalInputBytesMax = 65_536;

const closed = { additionalProperties: false } as const;
export const TerminalId = Type.String({
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
});
export const TerminalSide = Type.Integer({ minimum: 1, maximum: terminalSideMax });
/** Shown in lists and titles: no control characters. */
export const TerminalName = Type.String({
  maxLength: terminalNameLengthMax,
  pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
});

/** A viewer's stream. */
export const TerminalService = Type.Object(
  {
    kind: Type.Literal("terminal"),
    id: TerminalId,
    cols: TerminalSide,
    rows: TerminalSide,
    /** Position of the output from which on it is wanted; null: all that is kept. */
    from: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    /** Whether a session is made where there is none of this id. */
    isMade: Type.Boolean(),
    /** Of a session that is made: its name, and what runs in it instead of the login shell. */
    name: Type.String({ maxLength: terminalNameLengthMax }),
    command: Type.Union([
      Type.Array(Type.String({ maxLength: terminalCommandLengthMax }), { minItems: 1, maxItems: 64 }),
      Type.Null(),
    ]),
  },
  closed,
);
export type TerminalService = Static<typeof TerminalService>;

export const TerminalAsk = Type.Union([
  Type.Object({ verb: Type.Literal("list") }, closed),
  Type.Object({ verb: Type.Literal("close"), id: TerminalId }, closed),
  Type.Object({ verb: Type.Literal("rename"), id: TerminalId, name: TerminalName }, closed),
]);
export type TerminalAsk = Static<typeof TerminalAsk>;

/** A stream that brings one answer (`TerminalAnswer`) and ends. */
export const TerminalsService = Type.Object({ kind: Type.Literal("terminals"), ask: TerminalAsk }, closed);
export type TerminalsService = Static<typeof TerminalsService>;

export const Terminal = Type.Object({
  id: TerminalId,
  name: Type.String(),
  /** What the program in it calls its window; empty while it has not. */
  title: Type.String(),
  /** The command, or the login shell. */
  command: Type.String(),
  cols: Type.Integer(),
  rows: Type.Integer(),
  viewers: Type.Integer(),
  /** Position after the last byte of its output. */
  position: Type.Integer(),
  startedAt: Type.String(),
  /** Null while its program runs. */
  endedAt: Type.Union([Type.String(), Type.Null()]),
  /** 128 + n for a signal, as shells count it. */
  exitCode: Type.Union([Type.Integer(), Type.Null()]),
});
export type Terminal = Static<typeof Terminal>;

export const TerminalAnswer = Type.Union([
  Type.Object({ terminals: Type.Array(Terminal) }),
  Type.Object({ error: Type.String() }),
]);
export type TerminalAnswer = Static<typeof TerminalAnswer>;

/** Control JSON of a viewer's stream, from the agent; `error` is the server's. A reader passes over kinds that it does not know. */
export type TerminalControl =
  /** The first of all: the bytes that follow begin at `position`. */
  | {
      readonly kind: "attached";
      readonly id: string;
      readonly name: string;
      readonly position: number;
      /** What was asked for is not kept any more, or nothing was: the viewer's screen is to be cleared. */
      readonly isCleared: boolean;
      /** It was made now. */
      readonly isNew: boolean;
    }
  /** Whose size it has, and which. */
  | { readonly kind: "size"; readonly cols: number; readonly rows: number; readonly isOwn: boolean }
  | { readonly kind: "title"; readonly title: string }
  /** Its program has ended, and all of its output came before this. Nothing comes after it. */
  | { readonly kind: "exit"; readonly exitCode: number; readonly signal: string | null }
  | { readonly kind: "error"; readonly code: string; readonly message: string };
