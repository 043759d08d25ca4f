import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { root } from "./server-process.ts";

export interface ClientRan {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Person {
  /** Of what he has on his machine. */
  readonly folder: string;
  /** By which his machine reaches the server. */
  readonly url: string;
  readonly token: string;
}

/** OpenSSH's programs on a person's machine where `config-ssh` was run, kept away from whoever runs the tests. */
export class OpenSshClient {
  readonly #person: Person;

  constructor(person: Person) {
    this.#person = person;
  }

  get env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"],
      HOME: this.#person.folder,
      PREWARM_URL: this.#person.url,
      PREWARM_TOKEN: this.#person.token,
      PREWARM_CONFIG_DIR: path.join(this.#person.folder, "config"),
      PREWARM_SSH_DIR: path.join(this.#person.folder, "ssh"),
    };
  }

  /** Options of `ssh`, `scp` and `sftp`, which come first. */
  get options(): readonly string[] {
    const settings = ["GlobalKnownHostsFile=/dev/null", "IdentityFile=none", "BatchMode=yes"];
    const config = path.join(this.#person.folder, "ssh/prewarm/config");
    return ["-F", config, ...settings.flatMap((setting) => ["-o", setting])];
  }

  begin(
    program: "ssh" | "scp" | "sftp" | "prewarm",
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): ChildProcess {
    const [name, words] =
      program === "prewarm"
        ? [process.execPath, [path.join(root, "bin/prewarm"), ...args]]
        : [program, [...this.options, ...args]];
    return spawn(name, words, { env: { ...this.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  }

  async run(
    program: "ssh" | "scp" | "sftp" | "prewarm",
    args: readonly string[],
    { input = "", env = {} }: { readonly input?: string | Buffer; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<ClientRan> {
    const child = this.begin(program, args, env);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (piece: Buffer) => out.push(piece));
    child.stderr?.on("data", (piece: Buffer) => err.push(piece));
    // It may end without reading all.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }
}
