import type { TunnelAccept } from "../../contracts/tunnel.ts";
import type { TunnelSession } from "./tunnel-session.ts";

/** What a stream leads to, reached before the stream is accepted. */
export interface Target {
  /** Joins it with its stream. */
  readonly take: (session: TunnelSession) => void;
  /** The stream came to nothing meanwhile. */
  readonly leave: () => void;
  /** What its client is told with the acceptance. */
  readonly told?: Omit<TunnelAccept, "sessionId" | "secret">;
}
