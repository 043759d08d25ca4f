import { createServer, type Server, type Socket } from "node:net";
import { gatewayHostKey } from "../../app/identity/gateway-key.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { ListenAddress } from "../../platform/config/http-options.ts";
import { subscriberOf } from "../../platform/network/address-ranges.ts";
import { Places } from "../../platform/places.ts";
import { fingerprintOf } from "../../platform/ssh/public-key.ts";
import { soundKeyPair } from "../../platform/ssh/sound-key-pair.ts";
import { keyParser, Ssh2Server } from "../../platform/ssh/ssh2-modules.ts";
import type { HttpDeps } from "../http-deps.ts";
import { serverStopping } from "../stop-http.ts";
import { GatewayConnection } from "./gateway-connection.ts";
import { type GatewayLimits, gatewayLimits } from "./gateway-limits.ts";
import type { OpenGateway } from "./open-gateway.ts";

/** As the workspaces' own servers have it (decision 0050). */
const kex = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"] as const;
const cipher = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr"] as const;
const keepAliveCountMax = 4;
const minuteMs = 60_000;
/** Addresses whose attempts are counted; beyond it, those of the minute are forgotten early. */
const addressesMax = 100_000;
/** What is refused is logged once in so long. */
const saidEveryMs = 60_000;

/**
 * An SSH port through which people jump into their workspaces, for machines that have `ssh` and nothing of ours. It ends
 * no inner connection: what it passes on is sealed between the client and the workspace.
 */
export class Gateway {
  readonly #deps: HttpDeps;
  readonly #limits: GatewayLimits;
  readonly #hostKey: string;
  readonly #server: Server;
  readonly #strangers: Places;
  readonly #people: Places;
  readonly #open = new Map<Socket, GatewayConnection | null>();
  readonly #attempts = new Map<string, number>();
  #attemptsSinceMs = Number.NEGATIVE_INFINITY;
  #saidMs = Number.NEGATIVE_INFINITY;

  private constructor(deps: HttpDeps, hostKey: string, limits: GatewayLimits) {
    this.#deps = deps;
    this.#hostKey = hostKey;
    this.#limits = limits;
    this.#strangers = new Places(limits.strangersMax);
    this.#people = new Places(limits.connectionsMax);
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#take(socket));
    this.#server.maxConnections = limits.connectionsMax;
    deps.stopping.addEventListener("abort", () => this.close(), { once: true });
  }

  /** Errors: `port_in_use`, `state_key_mismatch`; those of listening. */
  static async listen(
    deps: HttpDeps,
    address: ListenAddress,
    limits: GatewayLimits = gatewayLimits,
  ): Promise<{ readonly gateway: Gateway; readonly open: OpenGateway }> {
    const secret = await gatewayHostKey(deps, () => soundKeyPair().private);
    const parsed = keyParser.parseKey(secret);
    if (parsed instanceof Error)
      throw new CodedError("internal", "The SSH gateway's host key is damaged.", { cause: parsed });
    const gateway = new Gateway(deps, secret, limits);
    const port = await listenAt(gateway.#server, address);
    const blob = parsed.getPublicSSH();
    const open = { hostKey: `ssh-ed25519 ${blob.toString("base64")}`, fingerprint: fingerprintOf(blob), port };
    deps.logger.info("the SSH gateway listens", { host: address.host, port, fingerprint: open.fingerprint });
    return { gateway, open };
  }

  /** How many are connected. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes nobody any more, and ends what is open. */
  close(): void {
    this.#server.close();
    for (const [socket, connection] of this.#open) {
      if (connection === null) socket.destroy();
      else connection.end(serverStopping());
    }
  }

  #take(socket: Socket): void {
    const { deps, limits } = { deps: this.#deps, limits: this.#limits };
    socket.on("error", () => undefined);
    const ip = socket.remoteAddress;
    if (ip === undefined) return void socket.destroy();
    const leave = this.#enter(ip);
    if (leave === null) return void socket.destroy();
    const grace = setTimeout(() => socket.destroy(), limits.loginGraceMs);
    let leavePeople = (): void => undefined;
    this.#open.set(socket, null);
    socket.once("close", () => {
      clearTimeout(grace);
      leave();
      leavePeople();
      this.#open.delete(socket);
    });
    const signedIn = ({ userId }: { readonly userId: string }): boolean => {
      clearTimeout(grace);
      leave();
      const entered = this.#people.enter([{ key: userId, max: limits.connectionsPerPersonMax }]);
      if (entered.kind === "entered") leavePeople = entered.leave;
      return entered.kind === "entered";
    };
    const server = new Ssh2Server(
      {
        hostKeys: [this.#hostKey],
        ident: "Prewarm_gateway",
        algorithms: { kex: [...kex], cipher: [...cipher], compress: ["none"] },
        keepaliveInterval: limits.keepAliveMs,
        keepaliveCountMax: keepAliveCountMax,
      },
      (client) => {
        const cut = (): void => void socket.destroy();
        this.#open.set(socket, new GatewayConnection(client, { deps, limits, ip, cut, signedIn }));
      },
    );
    server.injectSocket(socket);
  }

  /** A place for somebody of whom nothing is known yet. @returns how to leave it; null: there is none for him. */
  #enter(ip: string): (() => void) | null {
    // Behind a proxy all have one address.
    const isProxy = this.#deps.trustedProxies.has(ip);
    const address = subscriberOf(ip);
    const isTooOften = !isProxy && this.#attemptsOf(address) > this.#limits.attemptsPerMinuteMax;
    const holders = isProxy ? [] : [{ key: address, max: this.#limits.strangersPerAddressMax }];
    const entered = isTooOften ? null : this.#strangers.enter(holders);
    if (entered?.kind === "entered") return entered.leave;
    this.#say(address, entered?.kind ?? "too often");
    return null;
  }

  #attemptsOf(address: string): number {
    const nowMs = this.#deps.monotonicMs();
    if (nowMs - this.#attemptsSinceMs > minuteMs || this.#attempts.size >= addressesMax) {
      this.#attempts.clear();
      this.#attemptsSinceMs = nowMs;
    }
    const attempts = (this.#attempts.get(address) ?? 0) + 1;
    this.#attempts.set(address, attempts);
    return attempts;
  }

  #say(address: string, reason: string): void {
    const nowMs = this.#deps.monotonicMs();
    if (nowMs - this.#saidMs < saidEveryMs) return;
    this.#saidMs = nowMs;
    this.#deps.logger.warn("a connection to the SSH gateway was refused", { address, reason });
  }
}

function listenAt(server: Server, { host, port }: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") return reject(error);
      const next = "Stop that program, or choose another port by `ssh.listen`.";
      reject(new CodedError("port_in_use", `The address ${host}:${port} is in use.`, { cause: error, next }));
    });
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
