import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pipeline } from "node:stream/promises";

const ending = ".tar.gz";
const requestMs = 60_000;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const statusOk = 200;
const statusNoContent = 204;
const statusNotFound = 404;
const statusNotAllowed = 405;

/**
 * Answers Terraform as a registry of modules does, from a folder of archives: HOST/NAMESPACE/NAME/PROVIDER/VERSION.tar.gz.
 * Reachable from its own machine alone.
 */
export class ModuleRegistry {
  readonly #folder: string;
  readonly #server: Server;

  constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.requestTimeout = requestMs;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    // It keeps no daemon alive.
    this.#server.unref();
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Where the modules of a host are asked for; it ends with a slash, as Terraform has it. */
  urlOf(host: string): string {
    return `${this.#origin}/${host}/`;
  }

  get #origin(): string {
    // A server that listens on TCP has an address of this shape.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== "GET" && request.method !== "HEAD") return end(response, statusNotAllowed);
      const { pathname } = new URL(request.url ?? "/", this.#origin);
      const names = pathname.split("/").slice(1);
      // No name begins with a dot, so none leads out of the folder.
      if (!names.every((name) => namePattern.test(name))) return end(response, statusNotFound);
      await this.#give(names, { response, isHead: request.method === "HEAD" });
    } catch {
      if (response.headersSent) response.destroy();
      else end(response, statusNotFound);
    }
  }

  async #give(names: readonly string[], to: { readonly response: ServerResponse; readonly isHead: boolean }) {
    const [host = "", namespace = "", name = "", provider = "", ...rest] = names;
    const module = path.join(this.#folder, host, namespace, name, provider);
    const [one = "", two] = rest;
    if (one === "versions" && two === undefined) return await giveVersions(module, to.response);
    if (two === "download" && rest.length === 2) {
      await stat(path.join(module, `${one}${ending}`));
      const archive = `${this.urlOf(host)}${namespace}/${name}/${provider}/${one}${ending}`;
      to.response.setHeader("X-Terraform-Get", `${archive}?archive=tar.gz`);
      return end(to.response, statusNoContent);
    }
    if (two === undefined && one.endsWith(ending)) return await giveArchive(path.join(module, one), to);
    return end(to.response, statusNotFound);
  }
}

async function giveVersions(module: string, response: ServerResponse): Promise<void> {
  const files = (await readdir(module)).filter((file) => file.endsWith(ending));
  const versions = files.map((file) => ({ version: file.slice(0, -ending.length) }));
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ modules: [{ versions }] }));
}

async function giveArchive(
  file: string,
  { response, isHead }: { readonly response: ServerResponse; readonly isHead: boolean },
): Promise<void> {
  const found = await stat(file);
  if (!found.isFile()) return end(response, statusNotFound);
  response.writeHead(statusOk, { "Content-Type": "application/gzip", "Content-Length": found.size });
  if (isHead) {
    response.end();
    return;
  }
  await pipeline(createReadStream(file), response);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status);
  response.end();
}
