import type { AgentState } from "../contracts/states.ts";
import type { ServerSocket } from "./server-socket.ts";

const detailLengthMax = 1_024;

/** The agent's present state. Told to the server when it changes, and again with each new connection. */
export class Lifecycle {
  readonly #version: string;
  #state: AgentState = "created";
  #detail = "";
  #isLost = false;
  #note = "";

  constructor(version: string) {
    this.#version = version;
  }

  get state(): AgentState {
    return this.#state;
  }

  /** For good: whatever starts or ends later, this workspace is not called ready any more. */
  async lose(detail: string, socket: ServerSocket): Promise<void> {
    const told = this.become("start_error", detail, socket);
    this.#isLost = true;
    await told;
  }

  async become(state: AgentState, detail: string, socket: ServerSocket): Promise<void> {
    if (this.#isLost && state !== "shutting_down" && state !== "off") return;
    this.#state = state;
    this.#detail = detail.slice(0, detailLengthMax);
    await this.tell(socket);
  }

  /** Told as the detail of a workspace that is ready and has no other; empty takes it back. */
  async note(text: string, socket: ServerSocket): Promise<void> {
    this.#note = text.slice(0, detailLengthMax);
    if (this.#state === "ready") await this.tell(socket);
  }

  /** Not sent while there is no connection: the next one begins with it. */
  async tell(socket: ServerSocket): Promise<void> {
    const detail = this.#state === "ready" && this.#detail === "" ? this.#note : this.#detail;
    await socket.send({ kind: "state", state: this.#state, detail, version: this.#version.slice(0, 64) });
  }
}
