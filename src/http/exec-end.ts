import type { ExecFromClient, ExecToClient } from "../contracts/agent-protocol.ts";
import type { CodedError } from "../contracts/errors.ts";

export type ExecStart = Extract<ExecFromClient, { kind: "start" }>;
/** What travels on after the start. */
export type ExecInput = Exclude<ExecFromClient, { kind: "start" }>;

/** Where a command runs, as its bridge sees it: in an agent that is connected here, or behind another server. */
export interface ExecEnd {
  send(frame: ExecInput): void;
  /** Bytes that it has not taken yet. */
  backlogBytes(): number;
  /** Asks for the output to stop, or to go on. False where that cannot be asked. What comes is bounded all the same. */
  hold(isHeld: boolean): boolean;
  /** The person hung up: the command is to end, as one does whose terminal is closed. */
  hangUp(): void;
}

/** What an end tells its bridge. The last thing is an `exit`, or `onLost`. */
export interface ExecEvents {
  /** Input is taken from now on. */
  onOpen(): void;
  onFrame(frame: ExecToClient): void;
  onLost(error: CodedError): void;
}

export type OpenExecEnd = (events: ExecEvents) => ExecEnd;
