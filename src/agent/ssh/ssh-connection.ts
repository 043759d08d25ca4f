import type { Connection, ServerChannel } from "ssh2";
import type { ForwardTargets } from "../../contracts/forward-targets.ts";
import type { Logger } from "../../platform/logger.ts";
import { ForwardAgent } from "./forward-agent.ts";
import { ForwardIn } from "./forward-in.ts";
import { forwardOut } from "./forward-out.ts";
import { ForwardX11 } from "./forward-x11.ts";
import { onChannelClosed } from "../../platform/ssh/ssh2-inside.ts";
import { channelsPerConnectionMax } from "./ssh-limits.ts";
import type { CommandEnvironment } from "../command-environment.ts";
import type { SessionWorld, SshLink } from "./ssh-link.ts";
import { SshSession } from "./ssh-session.ts";
import type { X11Display, X11Request } from "./x11-display.ts";

export interface ConnectionParts {
  readonly world: SessionWorld;
  readonly logger: Logger;
  /** Who it is, as the server that brought him has verified. */
  readonly userId: string;
  readonly targets: ForwardTargets;
}

/** One client, and all that ends with it. */
export class SshConnection implements SshLink {
  readonly world: SessionWorld;
  readonly targets: ForwardTargets;
  readonly #client: Connection;
  readonly #userId: string;
  readonly #sessions = new Set<SshSession>();
  readonly #forwardIn: ForwardIn;
  readonly #displays: ForwardX11;
  #agent: Promise<ForwardAgent | null> | null = null;
  #channels = 0;
  isOver = false;

  constructor(client: Connection, { world, logger, userId, targets }: ConnectionParts) {
    this.world = world;
    this.targets = targets;
    this.#client = client;
    this.#userId = userId;
    client.on("error", (error: Error) => logger.debug("an SSH connection failed", { reason: error.message }));
    // The tunnel is the proof of who it is: any way to authenticate that a client insists on is as good as another.
    client.on("authentication", (context) => context.accept());
    client.on("session", (accept, reject) => {
      if (!this.takeChannel()) return reject();
      const session = accept() as ReturnType<typeof accept> | undefined;
      if (session === undefined) return this.leaveChannel();
      const served = new SshSession(session, this);
      this.#sessions.add(served);
      session.once("close", () => {
        this.#sessions.delete(served);
        served.leave();
        this.leaveChannel();
      });
    });
    this.#forwardIn = new ForwardIn(client, this);
    this.#displays = new ForwardX11(client, this);
    forwardOut(client, this);
    client.once("close", () => this.#leave());
  }

  /** The workspace ends: its commands hear of it, and the client's connection is closed. */
  end(): void {
    for (const session of this.#sessions) session.end();
    this.#client.end();
  }

  environment(): Promise<CommandEnvironment> {
    return this.world.environment(this.#userId);
  }

  takeChannel(): boolean {
    if (this.isOver || this.#channels >= channelsPerConnectionMax) return false;
    this.#channels += 1;
    return true;
  }

  leaveChannel(): void {
    this.#channels -= 1;
  }

  holdChannel(channel: ServerChannel): void {
    onChannelClosed(channel, () => this.leaveChannel());
  }

  openChannel(
    open: (opened: (error: Error | undefined, channel: ServerChannel) => void) => void,
    taken: (channel: ServerChannel | undefined) => void,
  ): void {
    if (!this.takeChannel()) return taken(undefined);
    open((error, channel) => {
      if (error === undefined) {
        this.holdChannel(channel);
        return taken(channel);
      }
      this.leaveChannel();
      taken(undefined);
    });
  }

  async agentSocket(): Promise<string | null> {
    this.#agent ??= ForwardAgent.open(this.#client, this).catch(() => null);
    const agent = await this.#agent;
    return this.isOver ? null : (agent?.path ?? null);
  }

  display(request: X11Request): X11Display | undefined {
    return this.#displays.add(request);
  }

  #leave(): void {
    this.isOver = true;
    this.#forwardIn.close();
    this.#displays.close();
    void this.#agent?.then((agent) => agent?.close());
  }
}
