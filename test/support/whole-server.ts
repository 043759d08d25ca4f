import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { endProcessesOf } from "./server-process.ts";
import { waitUntil } from "./wait-until.ts";

const root = path.resolve(import.meta.dirname, "../..");
const password = "choose a password";
const readyWithinMs = 60_000;
const commandLimitMs = 120_000;

export interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
}

/** `prewarm server` as a process of its own, with its own PostgreSQL and daemon, and the command line signed in to it. */
export class WholeServer {
  readonly folder: string;
  #options: Readonly<Record<string, string>>;
  #port = 0;
  #child: ChildProcess | null = null;
  #output = "";

  constructor(options: Readonly<Record<string, string>>) {
    this.#options = options;
    this.folder = mkdtempSync(path.join(tmpdir(), "prewarm-whole-"));
    // The embedded PostgreSQL runs under another account when root starts it, and has to get there.
    chmodSync(this.folder, 0o755);
  }

  /** All that the server has said, over its restarts. */
  get output(): string {
    return this.#output;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get processId(): number {
    return this.#child?.pid ?? 0;
  }

  /** More options, for its next start. */
  set(options: Readonly<Record<string, string>>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Starts it, or starts it again on the same data and the same port, and signs in with the administrator's password. */
  async start(administratorPassword = password): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const before = this.#output.length;
    const child = spawn(process.execPath, [path.join(root, "bin/prewarm"), "server"], {
      env: {
        PATH: process.env["PATH"],
        PREWARM_ADMIN_PASSWORD: administratorPassword,
        PREWARM_HTTP_PORT: String(this.#port),
        PREWARM_DATA_DIR: path.join(this.folder, "data"),
        ...this.#options,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        this.#output += String(data);
      });
    }
    this.#child = child;
    await waitUntil(
      "the server says that it is ready, or ends",
      () => this.#output.slice(before).includes("ready at") || child.exitCode !== null,
      readyWithinMs,
    );
    if (child.exitCode !== null) throw new Error(`the server ended: ${this.#output.slice(before)}`);
    await this.run(`login ${this.url} --username admin --password-stdin`, administratorPassword);
  }

  /** Ends it with the signal, and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }

  /** Runs `prewarm` with these words. */
  async run(words: string | readonly string[], input = ""): Promise<Ran> {
    const args = typeof words === "string" ? words.split(" ") : words;
    const child = spawn(process.execPath, [path.join(root, "bin/prewarm"), ...args], {
      cwd: this.folder,
      env: { PATH: process.env["PATH"], HOME: this.folder, PREWARM_CONFIG_DIR: path.join(this.folder, "config") },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: commandLimitMs,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += String(data);
      });
    }
    child.stdin.end(input);
    const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { exitCode, output };
  }

  /** As `run`, and fails when the command does. */
  async must(words: string | readonly string[]): Promise<string> {
    const { exitCode, output } = await this.run(words);
    if (exitCode === 0) return output;
    throw new Error(`prewarm ${String(words)} ended with ${exitCode}:\n${output}\nserver:\n${this.#output}`);
  }

  /** Writes a template folder and publishes it, with more words of the command. @returns the output */
  async push(name: string, files: Readonly<Record<string, string>>, more: readonly string[] = []): Promise<Ran> {
    const folder = path.join(this.folder, "templates", name);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text, { mode: 0o755 });
    }
    return await this.run(["templates", "push", folder, "--name", name, ...more]);
  }

  /** Its workspaces go on when it stops, as they should: they are ended here. */
  async close(): Promise<void> {
    await this.end("SIGTERM");
    endProcessesOf(this.folder);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The same over restarts of the server, as agents come back to it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
