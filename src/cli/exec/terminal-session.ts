import { PassThrough, Writable } from "node:stream";
import { CodedError } from "../../contracts/errors.ts";
import type { CliWorld } from "../world.ts";
import { type ExecSessionOptions, runExecSession } from "./exec-session.ts";
import { localTerminal } from "./local-terminal.ts";
import { noTerminalExitCode, resizeCommand, terminalCommand, TerminalName } from "./terminal-command.ts";

/** Of what the workspace's own programs say when they cannot make a terminal. */
const troubleBytesMax = 4_096;

export interface TerminalSessionOptions extends Omit<ExecSessionOptions, "world"> {
  readonly world: CliWorld;
}

/**
 * Runs a command in a terminal of the workspace: what is typed goes there key by key, Ctrl-C too, and the local terminal is
 * as it was however it ends. Errors: those of `runExecSession`; `invalid_request` without a local terminal; `conflict`
 * where the workspace has nothing that makes one.
 */
export async function runTerminalSession(options: TerminalSessionOptions): Promise<number> {
  const { world, env } = options;
  const terminal = localTerminal(world, { what: "-t", next: "Leave -t out, as in pipes and scripts." });
  const nonce = world.random.uuid();
  const name = new TerminalName(nonce);
  const sizeNow = terminal.size;
  const trouble: Buffer[] = [];
  const session = {
    ...options,
    command: terminalCommand({ command: options.command, size: sizeNow(), nonce }),
    env: { TERM: world.env["TERM"] || "xterm-256color", ...env },
    world: { ...world, stdout: shown(world.stdout, name), stderr: kept(trouble) },
  };
  const resize = latestOnly(async () => {
    if (name.name !== undefined) await setSize(options, resizeCommand(name.name, sizeNow()));
  });
  const exitCode = await terminal.raw(resize, () => runExecSession(session));
  if (exitCode === noTerminalExitCode && name.name === undefined) throw noTerminal(trouble);
  return exitCode;
}

function noTerminal(trouble: readonly Buffer[]): CodedError {
  const said = Buffer.concat(trouble).toString().trim();
  const message = `The workspace has nothing that makes a terminal: neither \`script\` of util-linux nor python3${said === "" ? "" : ` (${said})`}.`;
  return new CodedError("conflict", message, { next: "Install one of them there, or leave -t out." });
}

/** Holds the socket back as the terminal itself would. */
function shown(stdout: Writable, name: TerminalName): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const rest = name.take(chunk);
      if (rest.length === 0 || stdout.write(rest)) done();
      else stdout.once("drain", () => done());
    },
  });
}

function kept(chunks: Buffer[]): Writable {
  let bytes = 0;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= troubleBytesMax) chunks.push(Buffer.from(chunk));
      done();
    },
  });
}

/** A command of its own beside the one in the terminal. That a size could not be set is no reason to end that. */
async function setSize(options: TerminalSessionOptions, command: readonly string[]): Promise<void> {
  const silent = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  const stdin = new PassThrough();
  stdin.end();
  const world = { stdin, stdout: silent(), stderr: silent(), onSignal: () => () => undefined };
  await runExecSession({ ...options, command, env: {}, world }).catch(() => undefined);
}

/** While one change is under way, of those that come meanwhile only the last counts. */
function latestOnly(act: () => Promise<void>): () => void {
  let isBusy = false;
  let isAgain = false;
  const run = async (): Promise<void> => {
    isBusy = true;
    do {
      isAgain = false;
      await act();
    } while (isAgain);
    isBusy = false;
  };
  return () => {
    if (isBusy) isAgain = true;
    else void run();
  };
}
