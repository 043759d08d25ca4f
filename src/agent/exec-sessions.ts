import type { ServerToAgent } from "../contracts/agent-protocol.ts";
import { execPerAgentMax } from "../contracts/limits.ts";
import { sleep } from "../platform/sleep.ts";
import { type ExecDependencies, ExecSession } from "./exec-session.ts";

/** The commands that run now, by the id that the server gave them. */
export class ExecSessions {
  readonly #deps: ExecDependencies;
  readonly #sessions = new Map<string, ExecSession>();
  readonly #runs = new Set<Promise<void>>();

  constructor(deps: ExecDependencies) {
    this.#deps = deps;
  }

  receive(message: Exclude<ServerToAgent, { readonly kind: "poke" | "tunnel_wanted" }>): void {
    const session = this.#sessions.get(message.execId);
    switch (message.kind) {
      case "exec_start":
        // The server may repeat itself after a reconnect: one command is enough.
        if (session === undefined) this.#start(message);
        return;
      case "exec_input":
        session?.input(message);
        return;
      case "exec_flow":
        session?.flow(message.isHeld);
        return;
      case "exec_signal":
        session?.signal(message.signal);
        return;
    }
  }

  announceAll(): void {
    for (const session of this.#sessions.values()) session.announce();
  }

  /** Ends every command; resolves when their ends are reported, or after `reportMs` when they cannot be. */
  async endAll(reportMs: number): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.end()));
    await Promise.race([Promise.all(this.#runs), sleep(reportMs)]);
  }

  #start(message: Extract<ServerToAgent, { readonly kind: "exec_start" }>): void {
    const { execId } = message;
    if (this.#sessions.size >= execPerAgentMax) {
      const error = `${execPerAgentMax} commands run in this workspace already`;
      void this.#deps.socket.send({ kind: "exec_exit", execId, exitCode: null, error });
      return;
    }
    const session = new ExecSession(message, this.#deps);
    this.#sessions.set(execId, session);
    const run = session.run().finally(() => {
      this.#sessions.delete(execId);
      this.#runs.delete(run);
    });
    this.#runs.add(run);
  }
}
