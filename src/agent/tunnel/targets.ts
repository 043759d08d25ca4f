import type { TunnelAccept, TunnelService } from "../../contracts/tunnel.ts";
import { lazySsh, type SshParts } from "../ssh/open-ssh.ts";
import { dial } from "./dial.ts";
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

/** Reaches what a stream is to lead to. Errors: in words, which its client is shown. */
export type OpenTarget = (service: TunnelService) => Promise<Target>;

/** All that the workspace has to offer to streams, each kind by its own room. */
export function targets(parts: SshParts): OpenTarget {
  const ssh = lazySsh(parts);
  return async (service) => {
    switch (service.kind) {
      case "tcp": {
        const socket = await dial(service);
        return { take: (session) => session.join(socket), leave: () => void socket.destroy() };
      }
      case "ssh": {
        const { serve, hostKey } = await ssh();
        return { take: ({ duplex, userId }) => serve(duplex, userId), leave: () => undefined, told: { hostKey } };
      }
    }
  };
}
