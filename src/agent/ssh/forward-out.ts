import type { Socket } from "node:net";
import type { Connection } from "ssh2";
import { beyondTargets, isWithin } from "../../contracts/forward-targets.ts";
import { joinSocket } from "../../platform/ssh/join-socket.ts";
import { refuseChannel } from "../../platform/ssh/ssh2-inside.ts";
import { dialPath } from "../tunnel/dial.ts";
import type { SshLink } from "./ssh-link.ts";

/** Leads channels to what listens in the workspace, or can be reached from it: `-L`, `-D`, `-W`. */
export function forwardOut(client: Connection, connection: SshLink): void {
  client.on("tcpip", (accept, reject, { destIP: host, destPort: port }) => {
    const reach = async (): Promise<Socket> => {
      await connection.environment();
      if (!isWithin(connection.targets, host)) throw new Error(beyondTargets(host));
      return await connection.world.dial(host, port);
    };
    lead(reach(), accept, (why) => refuseChannel(client, reject, why));
  });
  client.on("openssh.streamlocal", (accept, reject, info) => {
    const { socketPath } = info as unknown as { readonly socketPath: string };
    const reach = async (): Promise<Socket> => {
      await connection.environment();
      return await dialPath(socketPath);
    };
    lead(reach(), accept, (why) => refuseChannel(client, reject, why));
  });

  function lead(
    reached: Promise<Socket>,
    accept: () => Parameters<typeof joinSocket>[0] | undefined,
    refuse: (why: string) => void,
  ): void {
    if (!connection.takeChannel()) return refuse("the connection has as many channels as it may");
    reached.then(
      (socket) => {
        const channel = connection.isOver ? undefined : accept();
        if (channel === undefined) return void socket.destroy();
        connection.holdChannel(channel);
        joinSocket(channel, socket);
      },
      (error: unknown) => {
        connection.leaveChannel();
        if (!connection.isOver) refuse(error instanceof Error ? error.message : String(error));
      },
    );
  }
}
