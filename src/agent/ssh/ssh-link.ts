import type { ForwardTargets } from "../../contracts/forward-targets.ts";
import type { CommandEnvironment } from "../command-environment.ts";
import type { Socket } from "node:net";
import type { ServerChannel } from "ssh2";
import type { X11Display, X11Request } from "./x11-display.ts";
import type { Terminals } from "./terminal-run.ts";

export interface SessionWorld {
  readonly home: string;
  /** Where a shell starts. */
  readonly folder: () => string;
  /** A file whose text a login in a terminal begins with: absolute, or below the home; empty for none. */
  readonly greetingFile: () => string;
  readonly terminals: Terminals;
  /** Reaches a port as the workspace sees it. Errors: in words. */
  dial(host: string, port: number): Promise<Socket>;
  /** What commands of the workspace's owner see, asked for at each session. Errors: whoever asks is not the owner. */
  environment(userId: string): Promise<CommandEnvironment>;
}

/** What the parts of a connection have of it. */
export interface SshLink {
  readonly world: SessionWorld;
  /** Where channels to ports may lead. */
  readonly targets: ForwardTargets;
  readonly isOver: boolean;
  environment(): Promise<CommandEnvironment>;
  /** False: there are as many as there may be. */
  takeChannel(): boolean;
  leaveChannel(): void;
  /** Leaves it when it is closed. */
  holdChannel(channel: ServerChannel): void;
  /** Opens a channel to the client; undefined where it does not take it. */
  openChannel(
    open: (opened: (error: Error | undefined, channel: ServerChannel) => void) => void,
    taken: (channel: ServerChannel | undefined) => void,
  ): void;
  /** Of the client's agent of keys; null where no socket can be made. */
  agentSocket(): Promise<string | null>;
  /** A display that is the client's; undefined where it is refused. */
  display(request: X11Request): X11Display | undefined;
}
