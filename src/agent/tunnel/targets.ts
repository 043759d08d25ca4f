import { beyondTargets, type ForwardTargets, isWithin } from "../../contracts/forward-targets.ts";
import type { TunnelService } from "../../contracts/tunnel.ts";
import { lazySsh, type SshParts } from "../ssh/open-ssh.ts";
import { listeningPorts } from "../listening-ports.ts";
import { agentTerminals } from "../terminals/agent-terminals.ts";
import { serveTerminals, serveViewer } from "../terminals/serve-terminal.ts";
import { socketPathOf } from "../apps/check-app.ts";
import { lookAtImage } from "../look-at-image.ts";
import { dial, DialError, dialPath } from "./dial.ts";
import { measureSpeed } from "./measure-speed.ts";
import type { Target } from "./target.ts";

/** Reaches what a stream is to lead to. Errors: in words, which its client is shown. */
export type OpenTarget = (service: TunnelService, targets: ForwardTargets) => Promise<Target>;

/** All that the workspace has to offer to streams, each kind by its own room; and how what outlives them is ended. */
export function targets(parts: SshParts): { readonly open: OpenTarget; readonly end: () => Promise<void> } {
  const ssh = lazySsh(parts);
  const terminals = agentTerminals(parts);
  const open: OpenTarget = async (service, within) => {
    switch (service.kind) {
      case "tcp": {
        if (!isWithin(within, service.host)) throw new DialError(beyondTargets(service.host));
        const socket = await dial(service);
        return { take: (session) => session.join(socket), leave: () => void socket.destroy() };
      }
      case "unix": {
        const socket = await dialPath(socketPathOf(service.path, parts.config.home));
        return { take: (session) => session.join(socket), leave: () => void socket.destroy() };
      }
      case "ssh": {
        const { serve, hostKey } = await ssh();
        return {
          take: ({ duplex, userId }) => serve(duplex, userId, within),
          leave: () => undefined,
          told: { hostKey },
        };
      }
      case "terminal":
        return await serveViewer(terminals, service);
      case "terminals":
        return serveTerminals(terminals, service.ask);
      case "ports": {
        const answer = JSON.stringify({ ports: listeningPorts() });
        return { take: ({ duplex }) => void duplex.resume().end(answer), leave: () => undefined };
      }
      case "image": {
        const answer = JSON.stringify(await lookAtImage(parts.config, await parts.started()));
        return { take: ({ duplex }) => void duplex.resume().end(answer), leave: () => undefined };
      }
      case "files": {
        const { serveFiles } = await import("../files/serve-files.ts");
        return { take: ({ duplex }) => void serveFiles(duplex, parts.config.home), leave: () => undefined };
      }
      case "echo":
        return { take: ({ duplex }) => void duplex.pipe(duplex), leave: () => undefined };
      case "speed":
        return { take: (session) => measureSpeed(session, service), leave: () => undefined };
    }
  };
  return { open, end: () => terminals.endAll() };
}
