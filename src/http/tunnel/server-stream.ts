import type { TunnelService } from "../../contracts/tunnel.ts";
import { openTunnel } from "../../tunnel/tunnel-client.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import type { HttpDeps } from "../http-deps.ts";
import { localLine } from "./local-line.ts";
import { serveTunnel, type TunnelCaller } from "./tunnel-socket.ts";

export interface StreamWanted {
  readonly caller: TunnelCaller;
  readonly workspace: string;
  /** Null: the workspace's first agent. */
  readonly agent: string | null;
  readonly service: TunnelService;
  /** Whether it is taken up again when its line is lost, as by a client of its own. */
  readonly isResumed: boolean;
}

/**
 * A stream to an agent for somebody who has none of his own: it is opened and checked as if he had opened it, also where
 * another server holds the agent. Errors: those of a stream; `agent_outdated` for an agent that does not know the service.
 */
export async function openServerStream(deps: HttpDeps, wanted: StreamWanted): Promise<TunnelDuplex> {
  const { caller, workspace, agent, service, isResumed } = wanted;
  const dial = () => {
    const { near, far } = localLine();
    serveTunnel(deps, { socket: far, caller, workspace });
    return near;
  };
  try {
    return await openTunnel({ url: "", token: "", dial, service, agent, isResumed });
  } catch (error) {
    throw codedReset(error);
  }
}
