import type { AuthContext, Connection, PublicKeyAuthContext, ServerChannel, Session } from "ssh2";
import type { Actor } from "../../app/authorize.ts";
import { knownByLoginKey, noteLogin } from "../../app/identity/login-keys.ts";
import { listVisibleWorkspaces } from "../../app/workspaces/list-workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { usernameLengthMax } from "../../contracts/limits.ts";
import { visibleText } from "../../contracts/visible-text.ts";
import { joinSocket } from "../../platform/ssh/join-socket.ts";
import { fingerprintOf } from "../../platform/ssh/public-key.ts";
import { keyParser } from "../../platform/ssh/ssh2-modules.ts";
import { onChannelClosed, refuseChannel } from "../../platform/ssh/ssh2-inside.ts";
import { type TunnelDuplex, TunnelResetError } from "../../tunnel/tunnel-duplex.ts";
import type { HttpDeps } from "../http-deps.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import { jump } from "./jump.ts";

export interface ConnectionParts {
  readonly deps: HttpDeps;
  readonly limits: GatewayLimits;
  readonly ip: string;
  /** Closes the line at once. */
  readonly cut: () => void;
  /** Somebody has proven who he is, and is there. @returns whether he may have one more connection. */
  readonly signedIn: (actor: Actor) => boolean;
}

const workspacesToldMax = 20;

/** One client of the gateway: who it is, and the streams into workspaces that it has. */
export class GatewayConnection {
  readonly #client: Connection;
  readonly #parts: ConnectionParts;
  readonly #streams = new Set<TunnelDuplex>();
  readonly #over = new AbortController();
  #actor: Actor | null = null;
  /** Why nothing is led anywhere for him, who has signed in. */
  #refusal: string | null = null;
  #tries = 0;
  #channels = 0;
  #idle: NodeJS.Timeout | undefined;
  #letGo: () => void = () => undefined;

  constructor(client: Connection, parts: ConnectionParts) {
    this.#client = client;
    this.#parts = parts;
    client.on("error", (error: Error) =>
      parts.deps.logger.debug("a gateway's connection failed", { reason: error.message }),
    );
    client.on("authentication", (context) => {
      this.#authenticate(context).catch((error: unknown) => {
        parts.deps.logger.warn("who comes to the SSH gateway could not be looked up", { error });
        context.reject(["publickey"]);
      });
    });
    client.on("session", (accept) => this.#session(accept()));
    client.on("tcpip", (accept, reject, info) => void this.#lead(accept, reject, info));
    client.once("close", () => this.#leave());
  }

  /** Ends it, and what it has opened, at the agent, too. */
  end(error: CodedError): void {
    this.#over.abort();
    for (const stream of this.#streams) stream.destroy(new TunnelResetError(error));
    this.#client.end();
    // A client that does not take the goodbye.
    setImmediate(() => this.#parts.cut());
  }

  // No key of anybody's is told from one that is nobody's before its signature is right; a name from none never is.
  async #authenticate(context: AuthContext): Promise<void> {
    // Clients begin by asking what they may try.
    this.#tries += 1;
    if (this.#tries > this.#parts.limits.triesMax + 1 || this.#actor !== null) return this.#parts.cut();
    if (context.method !== "publickey" || context.username.length > usernameLengthMax)
      return context.reject(["publickey"]);
    const fingerprint = fingerprintOf(context.key.data);
    const known = await knownByLoginKey(this.#parts.deps, { username: context.username, fingerprint });
    // Whoever has gone meanwhile would hold a place, and his key, for ever.
    if (this.#over.signal.aborted) return;
    if (known === undefined || !isSignedIfAt(context, known.publicKey)) return context.reject(["publickey"]);
    if (context.signature === undefined) return context.accept();
    // Two that were looked up at once.
    if (this.#actor !== null) return this.#parts.cut();
    this.#begin(known.actor, known.keyName);
    context.accept();
  }

  #begin(actor: Actor, key: string): void {
    const { deps, ip, limits, signedIn } = this.#parts;
    this.#actor = actor;
    if (!signedIn(actor)) {
      this.#refusal = `you have ${limits.connectionsPerPersonMax} connections to this gateway, as many as one person may`;
    }
    this.#letGo = deps.credentials.hold(actor.tokenId, (error) => this.end(error));
    deps.logger.info("somebody has signed in at the SSH gateway", { user: actor.username, key, ip });
    void noteLogin(deps, actor);
    this.#rest();
  }

  /** Leads a channel to a workspace: the one place where a stream is opened and ended for a client of the gateway. */
  async #lead(
    accept: () => ServerChannel | undefined,
    reject: () => void,
    { destIP: host, destPort: port }: { readonly destIP: string; readonly destPort: number },
  ): Promise<void> {
    const { deps, limits, ip } = this.#parts;
    const refuse = (why: string): void => {
      if (!this.#over.signal.aborted) refuseChannel(this.#client, reject, visibleText(why));
    };
    const actor = this.#actor;
    if (actor === null || this.#refusal !== null) return refuse(this.#refusal ?? "nobody has signed in");
    if (this.#channels >= limits.channelsMax)
      return refuse(`the connection has ${limits.channelsMax} channels, its limit`);
    this.#channels += 1;
    clearTimeout(this.#idle);
    let leave = (): void => undefined;
    const left = (): void => {
      leave();
      this.#channels -= 1;
      this.#rest();
    };
    try {
      // Behind a proxy all have one address, which is no bound for each of them.
      const own = deps.trustedProxies.has(ip) ? null : ip;
      leave = deps.places.takeFrom("tunnel", actor, { ip: own, isOpening: true });
      const { stream, target } = await jump(deps, {
        actor,
        host,
        port,
        signal: this.#over.signal,
        startMs: limits.startMs,
      });
      stream.on("error", () => undefined);
      const channel = this.#over.signal.aborted ? undefined : accept();
      if (channel === undefined) {
        stream.destroy();
        return left();
      }
      this.#streams.add(stream);
      deps.logger.info("somebody gets into a workspace by the SSH gateway", { user: actor.username, host, ip });
      const { workspaceId, workspaceName, organizationId } = target;
      const visit = { userId: actor.userId, workspaceId, workspaceName, organizationId, door: "ssh", address: ip };
      const leaveWorkspace = deps.accessLog.enter(visit);
      stream.once("close", () => {
        this.#streams.delete(stream);
        leaveWorkspace({ toWorkspace: stream.stream.sent, fromWorkspace: stream.stream.received });
      });
      onChannelClosed(channel, left);
      joinSocket(channel, stream);
    } catch (error) {
      left();
      refuse(wordsOf(deps, error));
    }
  }

  /** There is no shell: a person who expects one is told what there is. */
  #session(session: Session | undefined): void {
    session?.on("pty", (accept) => accept?.());
    session?.on("shell", (accept) => void this.#tell(accept()));
    session?.on("exec", (accept) => void this.#tell(accept()));
    session?.on("subsystem", (accept) => void this.#tell(accept()));
  }

  async #tell(channel: ServerChannel | undefined): Promise<void> {
    const actor = this.#actor;
    if (channel === undefined || actor === null) return;
    channel.on("error", () => undefined);
    channel.stderr.write(`${await this.#told(actor)}\r\n`);
    channel.exit(1);
    channel.end();
  }

  async #told(actor: Actor): Promise<string> {
    const { deps } = this.#parts;
    const query = { limit: workspacesToldMax, sort: "last_used" } as const;
    const { workspaces } = await listVisibleWorkspaces(deps, actor, query).catch(() => ({ workspaces: [] }));
    const names = workspaces.map(({ name }) => name).join(", ");
    const host = new URL(deps.options.accessUrl()).hostname;
    const how = `ssh -J ${actor.username}@${host}:${deps.sshGateway()?.port ?? 22} prewarm@${workspaces[0]?.name ?? "WORKSPACE"}`;
    const yours = names === "" ? "You have no workspaces." : `Your workspaces: ${names}.`;
    return visibleText(`Prewarm's SSH gateway has no shell; jump through it: ${how} — ${yours}`);
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#channels > 0 || this.#over.signal.aborted) return;
    const { idleMs, refusedMs } = this.#parts.limits;
    // Who has as many as he may is told so, and is not to have more of those that all share.
    this.#idle = setTimeout(() => this.#client.end(), this.#refusal === null ? idleMs : refusedMs);
  }

  #leave(): void {
    this.#over.abort();
    clearTimeout(this.#idle);
    this.#letGo();
  }
}

/** Whether a signature that came with the key is of it; a client may first ask whether a key is of use. */
function isSignedIfAt({ signature, blob, hashAlgo }: PublicKeyAuthContext, publicKey: string): boolean {
  if (signature === undefined) return true;
  const key = keyParser.parseKey(publicKey);
  // Without an algorithm an rsa key signs by SHA-1, which nobody should trust.
  if (key instanceof Error || blob === undefined || (key.type === "ssh-rsa" && hashAlgo === undefined)) return false;
  return key.verify(blob, signature, hashAlgo) === true;
}

/** Errors of ours are for people; the others are the server's. OpenSSH shows what is not ASCII by its numbers. */
function wordsOf({ logger }: HttpDeps, error: unknown): string {
  if (error instanceof CodedError) return `${error.message}${error.next === "" ? "" : ` ${error.next}`}`;
  logger.warn("a workspace could not be reached by the SSH gateway", { error });
  return "the workspace could not be reached";
}
