import {
  type Terminal,
  type TerminalAnswer,
  type TerminalAsk,
  type TerminalService,
  terminalsPerAgentMax,
  viewersPerTerminalMax,
} from "../../contracts/terminals.ts";
import type { AgentTiming } from "../agent-timing.ts";
import { signalSession } from "../process-group.ts";
import { sleep } from "../../platform/sleep.ts";
import type { Pty } from "../pty/open-pty.ts";
import { TerminalSession } from "./terminal-session.ts";

const endLookMs = 20;

/** A program that was started for a new session. */
export interface StartedTerminal {
  readonly pty: Pty;
  readonly command: string;
  /** To be shown before its output. */
  readonly note: string;
}

export interface TerminalsDeps {
  readonly timing: Pick<AgentTiming, "terminalEndedMs" | "terminalStallMs" | "killGraceMs">;
  /** How long a session goes on while nobody looks. */
  readonly detachedMs: () => number;
  readonly now: () => Date;
  /** Who owns the workspace now; null: nobody. */
  readonly ownerId: () => Promise<string | null>;
  /** Errors: in words. */
  readonly start: (service: TerminalService) => Promise<StartedTerminal>;
}

/** A session with a viewer on his way to it. */
export interface FoundSession {
  readonly session: TerminalSession;
  readonly isNew: boolean;
}

/** The terminals of a workspace. They belong to its owner, and end with the agent. */
export class Terminals {
  readonly #deps: TerminalsDeps;
  readonly #sessions = new Map<string, TerminalSession>();
  readonly #making = new Map<string, Promise<TerminalSession>>();
  /** When a session is ended or forgotten, unless somebody comes. */
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isOver = false;

  constructor(deps: TerminalsDeps) {
    this.#deps = deps;
  }

  /** The session that a viewer asks for, made where it may be. Errors: in words, which he is shown. */
  async find(service: TerminalService): Promise<FoundSession> {
    await this.#endOthers();
    const { id } = service;
    const making = this.#making.get(id);
    const known = making === undefined ? this.#sessions.get(id) : await making;
    if (known !== undefined) {
      if (known.viewers >= viewersPerTerminalMax) {
        throw new Error(`the terminal has ${viewersPerTerminalMax} viewers, its limit`);
      }
      return { session: known, isNew: false };
    }
    if (!service.isMade) throw new Error(`there is no terminal ${id} any more: it was ended, or the workspace was`);
    const made = this.#make(service);
    this.#making.set(id, made);
    try {
      return { session: await made, isNew: true };
    } finally {
      this.#making.delete(id);
    }
  }

  /** The viewer for whom it was made did not come. */
  abandon({ session, isNew }: FoundSession): void {
    if (isNew && session.viewers === 0) void this.#end(session);
  }

  async answer(ask: TerminalAsk): Promise<TerminalAnswer> {
    await this.#endOthers();
    if (ask.verb === "list") return { terminals: this.#list() };
    const session = this.#sessions.get(ask.id);
    if (session === undefined) return { error: `There is no terminal ${ask.id} in this workspace.` };
    if (ask.verb === "rename") session.rename(ask.name);
    else await this.#end(session);
    return { terminals: [session.info()] };
  }

  /** Ends all of them; resolves when nothing of them runs. */
  async endAll(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#making.values());
    await Promise.all([...this.#sessions.values()].map((session) => this.#end(session)));
  }

  #list(): Terminal[] {
    return [...this.#sessions.values()].map((session) => session.info());
  }

  async #make(service: TerminalService): Promise<TerminalSession> {
    this.#makeRoom();
    const userId = await this.#deps.ownerId();
    if (userId === null) throw new Error("nobody owns this workspace yet: it waits in its pool");
    const { pty, command, note } = await this.#deps.start(service);
    const { id, name, cols, rows } = service;
    const session: TerminalSession = new TerminalSession({
      id,
      userId,
      name,
      command,
      cols,
      rows,
      pty,
      now: this.#deps.now,
      stallMs: this.#deps.timing.terminalStallMs,
      onChange: () => this.#wait(session),
    });
    if (note !== "") session.note(note);
    this.#sessions.set(id, session);
    if (this.#isOver) await this.#end(session);
    return session;
  }

  /** Errors: in words. */
  #makeRoom(): void {
    if (this.#isOver) throw new Error("the workspace is shutting down");
    if (this.#sessions.size + this.#making.size < terminalsPerAgentMax) return;
    const ended = [...this.#sessions.values()].find(({ hasEnded }) => hasEnded);
    if (ended === undefined) {
      throw new Error(`the workspace has ${terminalsPerAgentMax} terminals, its limit: close one of them`);
    }
    this.#forget(ended);
  }

  /** A terminal belongs to the owner for whom it was made. */
  async #endOthers(): Promise<void> {
    const ownerId = await this.#deps.ownerId();
    const others = [...this.#sessions.values()].filter(({ userId }) => userId !== ownerId);
    await Promise.all(others.map((session) => this.#end(session)));
  }

  #wait(session: TerminalSession): void {
    clearTimeout(this.#timers.get(session.id));
    this.#timers.delete(session.id);
    if (this.#sessions.get(session.id) !== session || session.viewers > 0) return;
    const then = session.hasEnded ? () => this.#forget(session) : () => void this.#end(session);
    const timer = setTimeout(then, session.hasEnded ? this.#deps.timing.terminalEndedMs : this.#deps.detachedMs());
    this.#timers.set(session.id, timer.unref());
  }

  #forget(session: TerminalSession): void {
    clearTimeout(this.#timers.get(session.id));
    this.#timers.delete(session.id);
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
  }

  /** Hangs up, and after the grace ends what has not listened. */
  async #end(session: TerminalSession): Promise<void> {
    this.#forget(session);
    if (session.hasEnded) return;
    const { processId } = session;
    session.close();
    const { killGraceMs } = this.#deps.timing;
    for (let waitedMs = 0; waitedMs < killGraceMs && signalSession(processId, 0); waitedMs += endLookMs) {
      await sleep(endLookMs);
    }
    if (signalSession(processId, 0)) signalSession(processId, "SIGKILL");
  }
}
