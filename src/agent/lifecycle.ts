import type { AgentState } from "../contracts/states.ts";
import type { ServerSocket } from "./server-socket.ts";

const detailLengthMax = 1_024;

/** The agent's present state. Told to the server when it changes, and again with each new connection. */
export class Lifecycle {
  readonly #version: string;
  #state: AgentState = "created";
  #detail = "";

  constructor(version: string) {
    this.#version = version;
  }

  get state(): AgentState {
    return this.#state;
  }

  async become(state: AgentState, detail: string, socket: ServerSocket): Promise<void> {
    this.#state = state;
    this.#detail = detail.slice(0, detailLengthMax);
    await this.tell(socket);
  }

  /** Not sent while there is no connection: the next one begins with it. */
  async tell(socket: ServerSocket): Promise<void> {
    await socket.send({ kind: "state", state: this.#state, detail: this.#detail, version: this.#version.slice(0, 64) });
  }
}
