import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const headersEnd = "\r\n\r\n";

/** A git host on loopback that wants a name and a token for each request; it has one repository with one commit. */
export class GitHost {
  readonly folder = mkdtempSync(path.join(tmpdir(), "prewarm-git-host-"));
  /** Who may come in; null: everybody. */
  token: string | null = "a-token-of-ada";
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #running = new Set<ChildProcess>();

  async start(): Promise<void> {
    this.git("init", "-q", "--bare", "-b", "main", "repo.git");
    this.git("-C", "repo.git", "config", "http.receivepack", "true");
    this.commit({ "README.md": "of the host" });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  /** As git says it. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // listens at a port
  }

  get url(): string {
    return `http://${this.host}/repo.git`;
  }

  /** Adds these files in a commit; those that begin with `#!` may be run. */
  commit(files: Readonly<Record<string, string>>): void {
    const script = Object.keys(files).map(
      (name, index) =>
        `mkdir -p "$(dirname '${name}')" && printf '%s' "$FILE_${index}" > '${name}' && ` +
        `{ case "$FILE_${index}" in '#!'*) chmod 755 '${name}' ;; esac; } && git add -A -f '${name}'`,
    );
    const contents = Object.fromEntries(Object.values(files).map((text, index) => [`FILE_${index}`, text]));
    const work = path.join(this.folder, "work");
    const clone = `rm -rf '${work}' && git clone -q repo.git '${work}' 2>/dev/null && cd '${work}'`;
    const end =
      "git -c user.name=host -c user.email=host@example.org commit -q -m more && git push -q origin HEAD:main";
    execFileSync("sh", ["-ec", [clone, ...script, end].join("\n")], {
      cwd: this.folder,
      env: { ...process.env, ...contents },
    });
  }

  git(...args: readonly string[]): string {
    return execFileSync("git", args, { cwd: this.folder, encoding: "utf8" });
  }

  async stop(): Promise<void> {
    for (const child of this.#running) child.kill("SIGKILL");
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const said = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
    if (this.token !== null && said !== `ada:${this.token}`) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="host"' }).end();
      return;
    }
    const url = new URL(request.url ?? "/", "http://host");
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: this.folder,
        GIT_HTTP_EXPORT_ALL: "1",
        REMOTE_USER: "ada",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"],
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#running.add(child);
    child.on("close", () => this.#running.delete(child));
    request.pipe(child.stdin);
    const pieces: Buffer[] = [];
    for await (const piece of child.stdout) pieces.push(piece as Buffer);
    const answer = Buffer.concat(pieces);
    const at = answer.indexOf(headersEnd);
    const headers = answer
      .subarray(0, at)
      .toString()
      .split("\r\n")
      .map((line) => line.split(": ", 2) as [string, string]); // as CGI has them
    const status = headers.find(([name]) => name === "Status")?.[1] ?? "200";
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== "Status")));
    response.end(answer.subarray(at + headersEnd.length));
  }
}
