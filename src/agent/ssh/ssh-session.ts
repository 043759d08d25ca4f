import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import type { ServerChannel, Session } from "ssh2";
import { signalGroup } from "../process-group.ts";
import { ChannelOutput, type ExitWord } from "../../platform/ssh/channel-output.ts";
import { carryPipes } from "./command-pipes.ts";
import { type Account, account } from "../login-shell.ts";
import { greetingOf } from "./greeting.ts";
import { sessionEnvironment, SentVariables } from "./session-environment.ts";
import { widenWindow } from "../../platform/ssh/ssh2-inside.ts";
import { pathsFrom } from "./sftp/paths.ts";
import { serveSftp } from "./sftp/serve-sftp.ts";
import type { X11Display } from "./x11-display.ts";
import type { SessionWorld, SshLink } from "./ssh-link.ts";
import {
  carryTerminal,
  inTerminal,
  sizeOf,
  terminalSettings,
  wantedTerminal,
  type WantedTerminal,
} from "./terminal-run.ts";

/** As shells say it of a command that cannot be run. */
const notStartedStatus = 127;

/** What a session's requests reach while its command runs. */
interface Running {
  signal(name: NodeJS.Signals): void;
  resize(size: { readonly cols: number; readonly rows: number }): void;
}

interface ShellStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly argv0: string;
  readonly cwd: string;
  readonly env: Record<string, string>;
}

interface Ends {
  readonly channel: ServerChannel;
  readonly output: ChannelOutput;
}

/** One session of a client: at most one command, in a process group of its own. */
export class SshSession {
  readonly #session: Session;
  readonly #connection: SshLink;
  readonly #sent = new SentVariables();
  #run: Running | null = null;
  #terminal: WantedTerminal | null = null;
  #agentSocket: Promise<string | null> = Promise.resolve(null);
  #display: X11Display | undefined;

  constructor(session: Session, connection: SshLink) {
    this.#session = session;
    this.#connection = connection;
    this.#listen();
  }

  /** The workspace ends. */
  end(): void {
    this.#run?.signal("SIGHUP");
  }

  /** Its channel is closed: with it goes its display, while programs that have it open keep it. */
  leave(): void {
    this.#display?.close();
  }

  // What begins something is accepted at once: bytes of the client that come before are lost in `ssh2`.
  #listen(): void {
    const session = this.#session;
    session.on("env", (accept, reject, { key, val }) => {
      (this.#sent.set(key, val) ? accept : reject)?.();
    });
    session.on("pty", (accept, reject, info) => {
      const isThere = this.#connection.world.terminals.missing === null;
      if (isThere) this.#terminal = wantedTerminal(info);
      (isThere ? accept : reject)?.();
    });
    session.on("window-change", (accept, _reject, info) => {
      if (this.#terminal !== null) this.#terminal = { ...this.#terminal, ...sizeOf(info) };
      this.#run?.resize(sizeOf(info));
      accept?.();
    });
    session.on("signal", (accept, _reject, { name }) => {
      this.#signal(name);
      accept?.();
    });
    session.on("auth-agent", (accept) => {
      this.#agentSocket = this.#connection.agentSocket();
      accept?.();
    });
    session.on("x11", (accept, reject, info) => {
      // One a session. Where it cannot be made, the command says so: the client wants its answer now.
      const display = this.#display === undefined ? this.#connection.display(info) : undefined;
      if (display === undefined) return reject?.();
      this.#display = display;
      accept?.();
    });
    session.on("exec", (accept, _reject, { command }) => this.#begin(accept(), command));
    session.on("shell", (accept) => this.#begin(accept(), null));
    session.on("subsystem", (accept, reject, { name }) => {
      if (name !== "sftp") return reject();
      const channel = accept();
      if (channel === undefined) return;
      widenWindow(channel);
      void this.#sftp(channel);
    });
  }

  #signal(name: string): void {
    const signal = `SIG${name.replace(/^SIG/, "")}`;
    if (signal in constants.signals) this.#run?.signal(signal as NodeJS.Signals);
  }

  #begin(channel: ServerChannel | undefined, command: string | null): void {
    // It is closed already.
    if (channel === undefined) return;
    widenWindow(channel);
    const output = new ChannelOutput(channel);
    const run = async (): Promise<ExitWord> => {
      try {
        return await this.#carry(channel, output, command);
      } catch (error) {
        await output.write(Buffer.from(`prewarm: ${textOf(error)}\n`), "stderr");
        return { status: notStartedStatus };
      }
    };
    void run().then((exit) => output.finish(exit));
  }

  async #carry(channel: ServerChannel, output: ChannelOutput, command: string | null): Promise<ExitWord> {
    const { world } = this.#connection;
    const { variables, secretsMissing } = await this.#connection.environment();
    if (secretsMissing !== null) {
      const line = `prewarm: this command runs without the workspace's secrets: ${secretsMissing}\n`;
      await output.write(Buffer.from(line), "stderr");
    }
    const user = account(variables);
    const agentSocket = await this.#agentSocket;
    const sent = this.#sent.values;
    const own = {
      ...(agentSocket === null ? {} : { SSH_AUTH_SOCK: agentSocket }),
      ...(await this.#openDisplay({ ...variables, ...sent }, output)),
    };
    const env = sessionEnvironment({ workspace: variables, account: user, sent, own });
    const start: ShellStart = {
      file: user.shell,
      args: command === null ? [] : ["-c", command],
      argv0: shellName(user, command),
      cwd: startFolder(world, command),
      env,
    };
    const greeting = isLogin(this.#terminal, command) ? greetingOf(world.greetingFile(), world.home) : null;
    if (greeting !== null) await output.write(greeting);
    const exit = await (this.#terminal === null
      ? this.#inPipes(start, { channel, output })
      : this.#inTerminal(start, this.#terminal, { channel, output }));
    this.#run = null;
    const hint = hintFor(command, exit);
    if (hint !== undefined) await output.write(Buffer.from(`prewarm: ${hint}\n`), "stderr");
    return exit;
  }

  async #openDisplay(seen: Readonly<Record<string, string>>, output: ChannelOutput): Promise<Record<string, string>> {
    if (this.#display === undefined) return {};
    try {
      return await this.#display.open(seen, this.#connection.world.home);
    } catch (error) {
      await output.write(Buffer.from(`prewarm: X11 is not forwarded: ${textOf(error)}\n`), "stderr");
      return {};
    }
  }

  async #inPipes(start: ShellStart, ends: Ends): Promise<ExitWord> {
    const { file, args, ...options } = start;
    const child = spawn(file, args, { ...options, stdio: ["pipe", "pipe", "pipe"], detached: true });
    const signal = (name: NodeJS.Signals): void => {
      if (child.pid !== undefined) signalGroup(child.pid, name);
    };
    this.#run = { signal, resize: () => undefined };
    return await carryPipes({ child, ...ends });
  }

  async #inTerminal(start: ShellStart, { term, cols, rows, modes }: WantedTerminal, ends: Ends): Promise<ExitWord> {
    const { cwd, env } = start;
    const program = inTerminal(start, terminalSettings(modes));
    const pty = this.#connection.world.terminals.open({ ...program, cwd, env, term, cols, rows });
    this.#run = { signal: (name) => pty.kill(name), resize: (size) => pty.resize(size.cols, size.rows) };
    return await carryTerminal({ pty, ...ends });
  }

  async #sftp(channel: ServerChannel): Promise<void> {
    const output = new ChannelOutput(channel);
    try {
      await this.#connection.environment();
      const paths = pathsFrom(this.#connection.world.home);
      await serveSftp({ channel, paths, send: (packet) => output.write(packet) });
      await output.finish({ status: 0 });
    } catch (error) {
      await output.write(Buffer.from(`prewarm: ${textOf(error)}\n`), "stderr");
      await output.finish({ status: notStartedStatus });
    }
  }
}

function isLogin(terminal: WantedTerminal | null, command: string | null): boolean {
  return terminal !== null && command === null;
}

/** A login shell is told so by its name's first character. */
function shellName({ shell }: Account, command: string | null): string {
  return command === null ? `-${path.basename(shell)}` : shell;
}

/** Commands start in the home: scp, rsync and editors count on it. */
function startFolder(world: SessionWorld, command: string | null): string {
  const wanted = command === null ? [world.folder(), world.home] : [world.home];
  return wanted.find((folder) => existsSync(folder)) ?? "/";
}

const programsOfClients: Readonly<Record<string, string>> = {
  scp: "`scp -O` needs the program scp in the workspace's image; without -O, scp needs nothing there.",
  rsync: "rsync needs the program rsync in the workspace's image.",
};

/** The client's program needs its other half here, and what the shell says of that does not help. */
function hintFor(command: string | null, exit: ExitWord): string | undefined {
  if (!("status" in exit) || exit.status !== notStartedStatus) return undefined;
  return programsOfClients[command?.trimStart().split(" ")[0] ?? ""];
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
