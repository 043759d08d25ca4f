import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { openPty } from "../../src/agent/pty/open-pty.ts";
import { root } from "./server-process.ts";

export interface PersonOptions {
  readonly folder: string;
  readonly url: string;
  readonly token: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A program that runs, with what it has written so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  text(): string;
  stderr(): string;
}

/** A program in a terminal. */
export interface Seated {
  readonly pid: number;
  readonly exitCode: Promise<number>;
  text(): string;
  type(text: string): void;
}

/** OpenSSH kept away from what whoever runs the tests has of his own. */
const own = ["GlobalKnownHostsFile=/dev/null", "IdentityAgent=none", "IdentityFile=none", "BatchMode=yes"];

/** Somebody with OpenSSH and the command line as it is shipped, each a process, who reaches the server at `url`. */
export class SshPerson {
  readonly #options: PersonOptions;
  readonly #running = new Set<ChildProcess>();

  private constructor(options: PersonOptions) {
    this.#options = options;
  }

  /** With `config-ssh` done. */
  static async settle(options: PersonOptions): Promise<SshPerson> {
    mkdirSync(options.folder, { recursive: true });
    const person = new SshPerson(options);
    const { code, stderr } = await person.prewarm(["config-ssh"]).ended;
    if (code !== 0) throw new Error(`config-ssh ended with ${String(code)}: ${stderr}`);
    return person;
  }

  get env(): Readonly<Record<string, string>> {
    const { folder, url, token } = this.#options;
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      PREWARM_URL: url,
      PREWARM_TOKEN: token,
      PREWARM_CONFIG_DIR: path.join(folder, "config"),
      PREWARM_SSH_DIR: path.join(folder, "ssh"),
    };
  }

  /** What `ssh`, `scp` and `sftp` take first. */
  get options(): readonly string[] {
    return ["-F", path.join(this.#options.folder, "ssh/prewarm/config"), ...own.flatMap((setting) => ["-o", setting])];
  }

  prewarm(args: readonly string[], input: Buffer | string | null = ""): Running {
    return this.run(process.execPath, [path.join(root, "bin/prewarm"), ...args], input);
  }

  ssh(args: readonly string[], input: Buffer | string | null = ""): Running {
    return this.run("ssh", [...this.options, ...args], input);
  }

  /** @param input null: standard input stays open. */
  run(program: string, args: readonly string[], input: Buffer | string | null = ""): Running {
    // A group of its own, which is frozen and ended as a whole.
    const child = spawn(program, args, { env: this.env, cwd: this.#options.folder, detached: true });
    this.#running.add(child);
    const out: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (piece: Buffer) => out.push(piece));
    child.stderr.on("data", (piece) => (stderr += String(piece)));
    child.stdin.on("error", () => undefined);
    if (input !== null) child.stdin.end(input);
    const ended = new Promise<Ended>((resolve) => {
      child.once("close", (code) => {
        this.#running.delete(child);
        resolve({ code, stdout: Buffer.concat(out), stderr });
      });
    });
    return { child, ended, text: () => Buffer.concat(out).toString(), stderr: () => stderr };
  }

  /** The command line in a terminal of this person. */
  seat(args: readonly string[]): Seated {
    const pty = openPty({
      file: process.execPath,
      args: [path.join(root, "bin/prewarm"), ...args],
      cwd: this.#options.folder,
      env: { ...this.env },
      cols: 200,
      rows: 50,
      term: "xterm",
    });
    const pieces: Buffer[] = [];
    pty.onData((bytes) => pieces.push(Buffer.from(bytes)));
    const exitCode = new Promise<number>((resolve) => pty.onExit((exit) => resolve(exit.exitCode)));
    return {
      pid: pty.pid,
      exitCode,
      text: () => Buffer.concat(pieces).toString(),
      type: (text) => pty.write(Buffer.from(text)),
    };
  }

  /** Processes of this person whose command line has the text. */
  processes(text = ""): readonly number[] {
    const { folder } = this.#options;
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid)
      .filter((pid) => read(pid, "environ").includes(`HOME=${folder}\0`) && read(pid, "cmdline").includes(text));
  }

  /** Ends what a test that failed has left. */
  leave(): void {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
