import { readFile, rename, writeFile } from "node:fs/promises";
import { connect, createServer, isIP, type Server, type Socket } from "node:net";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";
import type { Logger } from "../../../platform/logger.ts";
import type { EngineClient } from "./engine-client.ts";

/** How a container reaches the server. */
export interface ContainerAccess {
  readonly url: string;
  /** What `host.docker.internal` must mean in the container; null when nothing. */
  readonly hostAddress: string | null;
}

interface Relayed {
  readonly address: string;
  readonly port: number;
  readonly targetHost: string;
  readonly targetPort: number;
}

const stateFile = "relay.json";

/**
 * A server that listens on this machine's loopback alone, as it does unless told otherwise, is out of reach for a
 * container. This relay listens on the address that the machine has on Docker's bridge, and passes connections on to
 * that server and to nothing else: a container needs neither the host's network nor a server open to the world.
 * Its port stays the same over restarts of the daemon, so that agents come back.
 */
export class AccessRelay {
  readonly #folder: string;
  readonly #engine: EngineClient;
  readonly #logger: Logger;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #relayed: Relayed | null = null;
  #opening: Promise<Relayed> | null = null;

  constructor(options: { readonly folder: string; readonly engine: EngineClient; readonly logger: Logger }) {
    this.#folder = options.folder;
    this.#engine = options.engine;
    this.#logger = options.logger;
  }

  /** Takes up what an earlier daemon relayed, for containers that still run. */
  async open(): Promise<void> {
    const earlier = await this.#remembered();
    if (earlier === null) return;
    try {
      await this.#listen(earlier);
    } catch (error) {
      this.#logger.warn("the relay for containers could not listen again; it is opened with the next start", { error });
    }
  }

  /**
   * How a container reaches `accessUrl`: as it is, or by the relay when it is this machine's loopback.
   * Errors: `build_failed` when it cannot.
   */
  async access(accessUrl: string, options: { readonly isHostNetwork: boolean }): Promise<ContainerAccess> {
    const url = new URL(accessUrl);
    if (options.isHostNetwork || !isLoopback(url.hostname)) return { url: accessUrl, hostAddress: null };
    if (url.protocol !== "http:") {
      throw new CodedError("build_failed", `Containers cannot reach ${accessUrl}: that is this machine's loopback.`, {
        next: "Set access_url to an address that containers reach.",
      });
    }
    const target = { targetHost: url.hostname.replace(/^\[(.*)\]$/, "$1"), targetPort: Number(url.port || 80) };
    const { address, port } = await this.#ensure(target);
    // The address itself: images so small that they resolve no names work too.
    return { url: `http://${address}:${port}${url.pathname === "/" ? "" : url.pathname}`, hostAddress: address };
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #ensure(target: Pick<Relayed, "targetHost" | "targetPort">): Promise<Relayed> {
    this.#opening ??= this.#opened(target).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #opened(target: Pick<Relayed, "targetHost" | "targetPort">): Promise<Relayed> {
    const earlier = this.#relayed ?? (await this.#remembered());
    const isSame = earlier?.targetHost === target.targetHost && earlier.targetPort === target.targetPort;
    if (this.#server !== null && earlier !== null && isSame) return earlier;
    if (this.#server !== null && earlier !== null) return await this.#remember({ ...earlier, ...target });
    const address = await bridgeAddress(this.#engine);
    const wanted = { address, port: earlier?.port ?? 0, ...target };
    try {
      return await this.#listen(wanted);
    } catch (error) {
      if (!isTaken(error) || wanted.port === 0) throw cannotListen(address, error);
      this.#logger.warn("the relay's port is taken; containers that run have to be started again", {
        port: wanted.port,
      });
      return await this.#listen({ ...wanted, port: 0 });
    }
  }

  async #listen(wanted: Relayed): Promise<Relayed> {
    const server = createServer((socket) => this.#relay(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(wanted.port, wanted.address, () => resolve());
    });
    server.on("error", (error) => this.#logger.warn("the relay for containers failed", { error }));
    this.#server = server;
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : wanted.port;
    this.#logger.info("containers reach the server by a relay on Docker's bridge", { address: wanted.address, port });
    return await this.#remember({ ...wanted, port });
  }

  #relay(socket: Socket): void {
    const relayed = this.#relayed;
    if (relayed === null) {
      socket.destroy();
      return;
    }
    const onward = connect({ host: relayed.targetHost, port: relayed.targetPort });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }

  async #remembered(): Promise<Relayed | null> {
    try {
      // Only this class writes it, and renames it into place when it is complete.
      return JSON.parse(await readFile(path.join(this.#folder, stateFile), "utf8")) as Relayed;
    } catch {
      return null;
    }
  }

  async #remember(relayed: Relayed): Promise<Relayed> {
    this.#relayed = relayed;
    const file = path.join(this.#folder, stateFile);
    await writeFile(`${file}.new`, JSON.stringify(relayed), { mode: 0o600 });
    await rename(`${file}.new`, file);
    return relayed;
  }
}

function isLoopback(host: string): boolean {
  return host.startsWith("127.") || ["localhost", "[::1]", "0.0.0.0", "[::]"].includes(host);
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

const howToBeReached =
  "Set access_url to an address that containers reach, and http.host so that the server listens there.";

function cannotListen(address: string, cause: unknown): CodedError {
  return new CodedError(
    "build_failed",
    `Containers cannot reach the server: it listens on this machine's loopback alone, and nobody can listen on ${address}, Docker's bridge (${cause instanceof Error ? cause.message : String(cause)}).`,
    {
      cause,
      next: howToBeReached,
    },
  );
}

interface BridgeNetwork {
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] };
}

/**
 * The address of the Docker host on its bridge: the gateway, or, where the engine does not name it, the first address
 * of the subnet, which is the one that Docker takes. The list of this machine's interfaces is no help: it leaves out
 * a bridge on which no container runs.
 */
async function bridgeAddress(engine: EngineClient): Promise<string> {
  const bridge = await engine.find<BridgeNetwork>({ method: "GET", path: "/networks/bridge" });
  for (const { Gateway, Subnet } of bridge?.IPAM?.Config ?? []) {
    if (Gateway !== undefined && isIP(Gateway) === 4) return Gateway;
    const base = Subnet?.split("/")[0] ?? "";
    if (isIP(base) === 4) return base.replace(/\d+$/, (last) => String(Number(last) + 1));
  }
  throw new CodedError(
    "build_failed",
    "Containers cannot reach the server: it listens on this machine's loopback alone, and Docker has no bridge here.",
    { next: howToBeReached },
  );
}
