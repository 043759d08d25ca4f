import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { tarOf } from "../../src/provisioner/drivers/docker/tar-entry.ts";

export interface EngineRequest {
  readonly method: string;
  /** Without the version's prefix and the query. */
  readonly path: string;
  readonly version: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface EngineAnswer {
  readonly status: number;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly bytes?: Buffer;
}

interface Container {
  readonly id: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
  isRunning: boolean;
  starts: number;
  archives: Buffer[];
}

/** What a container says when it starts, and how it goes on. */
export interface StartScript {
  readonly lines: readonly string[];
  readonly exitCode: number | null;
}

/**
 * A Docker Engine in little, over a Unix socket: it keeps containers and volumes as the real one does, and what a test
 * puts into `before` or `after` fails a request before or after its work is done.
 */
export class ScriptedEngine {
  readonly requests: EngineRequest[] = [];
  readonly containers = new Map<string, Container>();
  readonly volumes = new Map<string, Readonly<Record<string, string>>>();
  readonly images = new Set(["debian:bookworm"]);
  apiVersion: string | null = "1.41";
  engineId = "ENGINE-1";
  pullLines: readonly Readonly<Record<string, unknown>>[] = [{ status: "Status: Downloaded" }];
  start: StartScript = { lines: ["prewarm: starting the agent"], exitCode: null };
  /** Numbers of the users to whom mounted folders belong, by path; root unless said. */
  readonly volumeOwners = new Map<string, number>();
  passwd = "root:x:0:0::/root:/bin/sh\ndev:x:1000:1001::/home/dev:/bin/sh\n";
  /** Answers in place of the engine; undefined lets it work. */
  before: (request: EngineRequest) => EngineAnswer | "cut" | undefined = () => undefined;
  /** As `before`, after the work was done: the engine did it, and the caller does not learn of it. */
  after: (request: EngineRequest) => EngineAnswer | "cut" | undefined = () => undefined;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "pw-engine-"));
  readonly #server: Server;
  readonly #eventStreams = new Set<ServerResponse>();

  constructor() {
    this.#server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));
  }

  get socket(): string {
    return path.join(this.#folder, "docker.sock");
  }

  get host(): string {
    return `unix://${this.socket}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.socket, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Tells everybody who listens to events. */
  emit(event: unknown): void {
    for (const stream of this.#eventStreams) stream.write(`${JSON.stringify(event)}\n`);
  }

  get listeners(): number {
    return this.#eventStreams.size;
  }

  /** Requests other than reads, as `METHOD /path`. */
  changes(): readonly string[] {
    return this.requests
      .filter(({ method }) => method !== "GET" && method !== "HEAD")
      .map((request) => `${request.method} ${request.path}`);
  }

  container(name: string): Container {
    const found = this.#find(name);
    if (found === undefined) throw new Error(`there is no container ${name}`);
    return found;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
    const url = new URL(incoming.url ?? "/", "http://docker");
    const [, version = "", rest = url.pathname] = /^\/v(\d+\.\d+)(\/.*)$/.exec(url.pathname) ?? [];
    const request: EngineRequest = {
      method: incoming.method ?? "",
      path: decodeURIComponent(rest),
      version,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(pieces),
    };
    this.requests.push(request);
    if (this.apiVersion !== null) outgoing.setHeader("api-version", this.apiVersion);
    const instead = this.before(request);
    if (instead === undefined && request.path === "/events") {
      outgoing.writeHead(200).flushHeaders();
      this.#eventStreams.add(outgoing);
      outgoing.on("close", () => this.#eventStreams.delete(outgoing));
      return;
    }
    const answer = instead ?? this.#afterwards(request, this.#work(request));
    if (answer === "cut") {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.status);
    outgoing.end(answer.bytes ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body)));
  }

  #afterwards(request: EngineRequest, answer: EngineAnswer): EngineAnswer | "cut" {
    return this.after(request) ?? answer;
  }

  #work(request: EngineRequest): EngineAnswer {
    const { method, path: where } = request;
    if (where === "/_ping") return { status: 200, bytes: Buffer.from("OK") };
    if (where === "/info") return { status: 200, body: { ID: this.engineId } };
    if (where === "/images/create") return this.#pull(request);
    if (where.startsWith("/images/")) return this.#image(where);
    if (where === "/networks/bridge") return { status: 200, body: { IPAM: { Config: [{ Gateway: "127.0.0.1" }] } } };
    if (where === "/containers/json") return { status: 200, body: this.#listContainers(request) };
    if (where === "/containers/create") return this.#create(request);
    if (where === "/volumes/create") return this.#createVolume(request);
    if (where === "/volumes") return { status: 200, body: { Volumes: this.#listVolumes(request) } };
    const volume = /^\/volumes\/(.+)$/.exec(where)?.[1];
    if (volume !== undefined) return this.#volume(method, volume);
    const [, name = "", action = ""] = /^\/containers\/([^/]+)\/?(.*)$/.exec(where) ?? [];
    const container = this.#find(name);
    return container === undefined ? refused(404, `No such container: ${name}`) : this.#act(request, container, action);
  }

  #act(request: EngineRequest, container: Container, action: string): EngineAnswer {
    const key = `${request.method} ${action}`;
    if (key === "DELETE ") {
      this.containers.delete(container.id);
      return { status: 204 };
    }
    if (key === "GET json") return { status: 200, body: inspected(container, this.start.exitCode) };
    if (key === "POST start") {
      container.isRunning = this.start.exitCode === null;
      container.starts += 1;
      return { status: 204 };
    }
    if (key === "POST stop") {
      container.isRunning = false;
      return { status: 204 };
    }
    if (key === "GET logs") return { status: 200, bytes: framed(this.start.lines) };
    if (key === "PUT archive") {
      container.archives.push(request.body);
      return { status: 200 };
    }
    if (key === "GET archive") return { status: 200, bytes: this.#archive(request.query.get("path") ?? "") };
    return refused(404, `page not found: ${key}`);
  }

  #archive(file: string): Buffer {
    const owner = this.volumeOwners.get(file) ?? 0;
    if (file !== "/etc/passwd")
      return tarOf([{ path: `${path.basename(file)}/`, mode: 0o750, uid: owner, gid: owner }]);
    return tarOf([{ path: "passwd", mode: 0o644, uid: 0, gid: 0, content: Buffer.from(this.passwd) }]);
  }

  #pull({ query }: EngineRequest): EngineAnswer {
    const image = `${query.get("fromImage")}:${query.get("tag")}`;
    if (this.pullLines.every((line) => line["error"] === undefined)) this.images.add(image);
    return { status: 200, bytes: Buffer.from(this.pullLines.map((line) => `${JSON.stringify(line)}\n`).join("")) };
  }

  #image(where: string): EngineAnswer {
    const name = where.slice("/images/".length).replace(/\/json$/, "");
    return this.images.has(name) ? { status: 200, body: { Os: "linux", Architecture: "amd64" } } : refused(404, "none");
  }

  #create({ query, body }: EngineRequest): EngineAnswer {
    const name = query.get("name") ?? "";
    if (this.#find(name) !== undefined) return refused(409, `Conflict. The container name "/${name}" is in use`);
    const parsed = JSON.parse(body.toString()) as { readonly Image: string; readonly Labels: Record<string, string> };
    if (!this.images.has(parsed.Image)) return refused(404, `No such image: ${parsed.Image}`);
    const id = `c${this.requests.length}`.padEnd(12, "0");
    const made = { id, name, body: parsed, labels: parsed.Labels, isRunning: false, starts: 0, archives: [] };
    this.containers.set(id, made);
    return { status: 201, body: { Id: id } };
  }

  #createVolume({ body }: EngineRequest): EngineAnswer {
    const wanted = JSON.parse(body.toString()) as { readonly Name: string; readonly Labels: Record<string, string> };
    if (!this.volumes.has(wanted.Name)) this.volumes.set(wanted.Name, wanted.Labels);
    return { status: 201, body: { Name: wanted.Name } };
  }

  #volume(method: string, name: string): EngineAnswer {
    if (!this.volumes.has(name)) return refused(404, `no such volume: ${name}`);
    if (method !== "DELETE") return { status: 200, body: { Name: name } };
    const mounts = (container: Container): boolean => JSON.stringify(container.body).includes(`"Source":"${name}"`);
    if ([...this.containers.values()].some(mounts)) return refused(409, "volume is in use");
    this.volumes.delete(name);
    return { status: 204 };
  }

  #find(name: string): Container | undefined {
    return [...this.containers.values()].find((container) => container.id === name || container.name === name);
  }

  #listContainers(request: EngineRequest): unknown {
    const { label, name } = filtersOf(request);
    return [...this.containers.values()]
      .filter((container) => label.every((wanted) => hasLabel(container.labels, wanted)))
      .filter((container) => name.every((wanted) => new RegExp(wanted).test(`/${container.name}`)))
      .map(({ id, name: own, labels, isRunning }) => ({
        Id: id,
        Names: [`/${own}`],
        Labels: labels,
        State: isRunning ? "running" : "exited",
      }));
  }

  #listVolumes(request: EngineRequest): unknown {
    const { label } = filtersOf(request);
    return [...this.volumes]
      .filter(([, labels]) => label.every((wanted) => hasLabel(labels, wanted)))
      .map(([Name, Labels]) => ({ Name, Labels }));
  }
}

export function refused(status: number, message: string): EngineAnswer {
  return { status, body: { message } };
}

function inspected(container: Container, exitCode: number | null): unknown {
  const { id, isRunning, labels } = container;
  return {
    Id: id,
    Image: "sha256:abc",
    Config: { User: container.body["User"] ?? "", Labels: labels },
    State: { Running: isRunning, ExitCode: exitCode ?? 0 },
    NetworkSettings: { Ports: {} },
  };
}

function framed(lines: readonly string[]): Buffer {
  return Buffer.concat(
    lines.map((line) => {
      const text = Buffer.from(`${line}\n`);
      const head = Buffer.alloc(8);
      head[0] = 2;
      head.writeUInt32BE(text.length, 4);
      return Buffer.concat([head, text]);
    }),
  );
}

function filtersOf({ query }: EngineRequest): { readonly label: readonly string[]; readonly name: readonly string[] } {
  return { label: [], name: [], ...(JSON.parse(query.get("filters") ?? "{}") as object) };
}

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const [name = "", value] = wanted.split("=");
  return value === undefined ? Object.hasOwn(labels, name) : labels[name] === value;
}
