import type { ExecTarget } from "../../app/agents/exec-target.ts";
import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import type { UserId } from "../../contracts/ids.ts";
import { type TunnelOpen, type TunnelService, tunnelOpenMs, tunnelPath } from "../../contracts/tunnel.ts";
import { FairWriter } from "../../tunnel/fair-writer.ts";
import { decodeTunnelFrame, encodeTunnelFrame, renumberTunnelFrame, type TunnelReset } from "../../tunnel/frames.ts";
import { openTunnel } from "../../tunnel/tunnel-client.ts";
import { TunnelDuplex, TunnelResetError } from "../../tunnel/tunnel-duplex.ts";
import type { HttpDeps } from "../http-deps.ts";
import { relayWith } from "../relay-credential.ts";
import type { AgentLine, ClientLeg } from "./tunnel-hub.ts";

export interface AgentStreamWanted {
  readonly target: ExecTarget;
  /** Of the agent that the target is, where the workspace has several. */
  readonly agent: string | null;
  /** To whom the workspace belongs: the agent takes no stream for anybody else. Whoever asks has been checked. */
  readonly ownerId: UserId;
  readonly service: TunnelService;
}

/**
 * A stream of the server's own to what a workspace has, wherever its agent is connected. One that loses its line is over.
 * Errors: `agent_unavailable`, `too_many_open`, `transient` with what the agent says.
 */
export async function openAgentStream(deps: HttpDeps, wanted: AgentStreamWanted): Promise<TunnelDuplex> {
  const { target, agent, ownerId, service } = wanted;
  const { elsewhere, workspaceId } = target;
  try {
    if (elsewhere === null) return await openHere(deps, wanted);
    const holder = { kind: "stream", ownerId, service } as const;
    const { url, headers } = relayWith(deps, { elsewhere, path: tunnelPath(workspaceId), holder });
    return await openTunnel({ url: url.href, token: "", headers, service, agent, isResumed: false });
  } catch (error) {
    throw error instanceof TunnelResetError ? refusalOf(error) : error;
  }
}

/** What a stream's end before its time is to whoever asked for it. */
export function refusalOf({ code, message }: TunnelResetError): CodedError {
  return new CodedError(isErrorCode(code) ? code : "transient", message);
}

async function openHere(deps: HttpDeps, { target, ownerId, service }: AgentStreamWanted): Promise<TunnelDuplex> {
  const { agentId } = target;
  const line = await deps.tunnels.line(agentId, () => deps.hub.send(agentId, { kind: "tunnel_wanted" }));
  const json: TunnelOpen = { service, sessionId: deps.random.uuid(), userId: ownerId, secret: null };
  return await new LocalStream(line).open(json);
}

/** A client of an agent's line in this process. */
class LocalStream {
  readonly #line: AgentLine;
  readonly #duplex: TunnelDuplex;
  readonly #leg: ClientLeg;
  readonly #number: number;
  #writer: FairWriter | null = null;
  #settle: ((reset: TunnelReset | null) => void) | null = null;

  constructor(line: AgentLine) {
    this.#line = line;
    this.#duplex = new TunnelDuplex(() => this.#writer?.poke(this.#number));
    this.#leg = {
      take: (message) => this.#take(message),
      // It looks at the line's length itself before each frame.
      hold: () => undefined,
      goOn: () => this.#writer?.poke(this.#number),
      onLineLost: () => this.#end({ code: "line_lost", message: "The line to the workspace was lost." }),
    };
    this.#number = line.add(this.#leg);
  }

  open(json: TunnelOpen): Promise<TunnelDuplex> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => this.#end(silent), tunnelOpenMs);
      this.#settle = (reset) => {
        clearTimeout(limit);
        this.#settle = null;
        if (reset === null) return resolve(this.#duplex);
        reject(new TunnelResetError(reset));
      };
      this.#line.send(encodeTunnelFrame(this.#number, { kind: "open", json }), this.#leg);
    });
  }

  #take(message: Buffer): void {
    const { frame } = decodeTunnelFrame(message);
    if (this.#settle === null) {
      this.#duplex.stream.receive(frame);
      if (this.#duplex.stream.isOver) this.#leave();
      return;
    }
    if (frame.kind === "reset") {
      this.#leave();
      return this.#settle(frame);
    }
    if (frame.kind !== "accept") return;
    const line = this.#line;
    this.#writer = new FairWriter(
      {
        get bufferedAmount() {
          return line.bufferedAmount;
        },
        send: (frameBytes, sent) => line.send(renumberTunnelFrame(frameBytes, this.#number), this.#leg, sent),
      },
      () => this.#leave(),
    );
    this.#duplex.stream.open();
    this.#writer.add(this.#number, this.#duplex.stream);
    this.#duplex.once("close", () => this.#writer?.poke(this.#number));
    this.#settle(null);
  }

  /** The agent is told, whether or not it has accepted. */
  #end(reset: TunnelReset): void {
    this.#line.reset(this.#number, reset);
    if (this.#settle !== null) return this.#settle(reset);
    this.#duplex.destroy(new TunnelResetError(reset));
  }

  /** It is over on both sides. */
  #leave(): void {
    this.#line.forget(this.#number);
  }
}

const silent: TunnelReset = {
  code: "agent_unavailable",
  message:
    "The agent is connected, and does not answer. Look whether the workspace's machine is stopped or overloaded.",
};
