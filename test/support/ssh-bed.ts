import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { terminals } from "../../src/agent/ssh/ssh-terminals.ts";
import type { Terminals } from "../../src/agent/ssh/terminal-run.ts";
import { sshHostKey } from "../../src/agent/ssh/ssh-host-key.ts";
import { SshServer } from "../../src/agent/ssh/ssh-server.ts";
import { dial } from "../../src/agent/tunnel/dial.ts";
import type { ForwardTargets } from "../../src/contracts/forward-targets.ts";
import { silentLogger } from "../../src/platform/logger.ts";

export interface Ran {
  /** What the shell would see: 128 and more for a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** For the client, before those that are the same for all: it takes the first of each. */
  readonly settings?: readonly string[];
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface BedOptions {
  readonly targets?: ForwardTargets;
  readonly terminals?: Terminals;
}

/**
 * The agent's SSH server on a port of loopback, for the real clients of OpenSSH, which are kept away from the files of
 * whoever runs the tests.
 */
export class SshBed {
  readonly folder = mkdtempSync(path.join(tmpdir(), "prewarm-ssh-"));
  readonly home = path.join(this.folder, "home");
  readonly server: SshServer;
  readonly #listener: Server;
  owner = "person-1";
  variables: Record<string, string> = { PATH: process.env["PATH"] ?? "", FROM_WORKSPACE: "yes" };
  port = 0;

  private constructor({ terminals: given, targets = "any" }: BedOptions) {
    mkdirSync(path.join(this.home, "project"), { recursive: true });
    const hostKey = sshHostKey(this.folder);
    writeFileSync(this.#knownHosts, `workspace ${hostKey.open}\n`);
    this.server = new SshServer({
      hostKey,
      version: "1.2.3",
      logger: silentLogger,
      world: {
        home: this.home,
        folder: () => path.join(this.home, "project"),
        greetingFile: () => "motd",
        terminals: given ?? terminals(process.env["XDG_RUNTIME_DIR"]),
        dial: (host, port) => dial({ kind: "tcp", host, port }),
        environment: async (userId) => {
          if (userId !== this.owner) throw new Error("the workspace does not belong to whoever asks");
          return { variables: { ...this.variables, HOME: this.home }, secretsMissing: null };
        },
      },
    });
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.server.serve(socket, "person-1", targets),
    );
  }

  static async open(options: BedOptions = {}): Promise<SshBed> {
    const bed = new SshBed(options);
    await new Promise<void>((resolve) => bed.#listener.listen(0, "127.0.0.1", resolve));
    bed.port = (bed.#listener.address() as AddressInfo).port;
    return bed;
  }

  get #knownHosts(): string {
    return path.join(this.folder, "known_hosts");
  }

  /** What makes a client depend on nothing but this. */
  get options(): readonly string[] {
    const settings = {
      UserKnownHostsFile: this.#knownHosts,
      GlobalKnownHostsFile: "/dev/null",
      StrictHostKeyChecking: "yes",
      HostKeyAlias: "workspace",
      HostKeyAlgorithms: "ssh-ed25519",
      IdentityAgent: "none",
      IdentityFile: "none",
      BatchMode: "yes",
      LogLevel: "ERROR",
    };
    return ["-F", "none", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
  }

  ssh(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const settings = (options.settings ?? []).flatMap((setting) => ["-o", setting]);
    return this.run("ssh", [...settings, ...this.options, "-p", String(this.port), ...args], options);
  }

  /** `ssh` with one command in the workspace. */
  exec(command: string, options: RunOptions = {}): Promise<Ran> {
    return this.ssh(["dev@127.0.0.1", command], options);
  }

  sftp(batch: string, args: readonly string[] = []): Promise<Ran> {
    const port = ["-P", String(this.port)];
    return this.run("sftp", [...this.options, ...port, ...args, "-b", "-", "dev@127.0.0.1"], { stdin: batch });
  }

  scp(args: readonly string[]): Promise<Ran> {
    return this.run("scp", [...this.options, "-P", String(this.port), ...args]);
  }

  run(program: string, args: readonly string[], { stdin = "", env, cwd }: RunOptions = {}): Promise<Ran> {
    const child = spawn(program, args, { env: { ...process.env, ...env }, cwd: cwd ?? this.folder });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => out.push(piece));
    child.stderr.on("data", (piece: Buffer) => err.push(piece));
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
      });
    });
  }

  async close(): Promise<void> {
    this.server.end();
    await new Promise((resolve) => this.#listener.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
