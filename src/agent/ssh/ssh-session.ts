import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, userInfo } from "node:os";
import type { Readable } from "node:stream";
import type { ServerChannel, Session } from "ssh2";
import { sleep } from "../../platform/sleep.ts";
import { signalGroup } from "../process-group.ts";

/** After a command's exit its pipes are read until they have brought nothing for so long. */
const quietMs = 200;
const variablesMax = 256;

export interface SessionWorld {
  readonly home: string;
  /** Where a shell starts. */
  readonly folder: string;
  /** What commands of the workspace's owner see, asked for at each session. */
  environment(): Promise<Readonly<Record<string, string>>>;
}

/** One session of a client: at most one command, in a process group of its own. */
export function serveSession(session: Session, world: SessionWorld): void {
  const variables: Record<string, string> = {};
  let child: ChildProcess | null = null;
  session.on("env", (accept, _reject, { key, val }) => {
    // What a library loader or the agent reads is not the client's to say.
    if (!/^(LD_|PREWARM_)/.test(key) && Object.keys(variables).length < variablesMax) variables[key] = val;
    accept?.();
  });
  session.on("signal", (accept, _reject, { name }) => {
    const signal = `SIG${name}` as NodeJS.Signals;
    if (child?.pid !== undefined && signal in constants.signals) signalGroup(child.pid, signal);
    accept?.();
  });
  const run = async (channel: ServerChannel, command: string | null): Promise<void> => {
    const environment = await world.environment();
    const shell = loginShell();
    child = spawn(shell, command === null ? [] : ["-c", command], {
      cwd: startFolder(command === null ? world.folder : world.home, world.home),
      env: { ...environment, SHELL: shell, USER: userInfo().username, LOGNAME: userInfo().username, ...variables },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      ...(command === null ? { argv0: `-${shell.split("/").at(-1) ?? shell}` } : {}),
    });
    await carry(channel, child);
  };
  const begin = (channel: ServerChannel, command: string | null): void => {
    run(channel, command).catch((error: unknown) => {
      channel.stderr.write(`prewarm: ${error instanceof Error ? error.message : String(error)}\n`);
      channel.exit(127);
      channel.end();
    });
  };
  session.on("exec", (accept, _reject, { command }) => begin(accept(), command));
  session.on("shell", (accept) => begin(accept(), null));
  session.on("subsystem", (_accept, reject) => reject());
}

/** Carries the command's streams, and says how it ended once they are empty. */
async function carry(channel: ServerChannel, child: ChildProcess): Promise<void> {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("the command has no pipes");
  // That a command does not read its input, or its reader is gone, is no error. No signal is sent: what editors start
  // this way has to outlive the channel.
  for (const stream of [stdin, stdout, stderr, channel]) stream.on("error", () => undefined);
  channel.pipe(stdin);
  stdout.pipe(channel, { end: false });
  stderr.pipe(channel.stderr, { end: false });
  channel.once("close", () => {
    for (const pipe of [stdout, stderr]) pipe.unpipe().resume();
    stdin.end();
  });
  const end = await new Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>(
    (resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code, signal }));
    },
  );
  // A child that it left behind may hold its pipes, and does not hold the channel.
  await Promise.race([Promise.all([closed(stdout), closed(stderr)]), quiet([stdout, stderr])]);
  if (end.signal === null) channel.exit(end.code ?? 0);
  else channel.exit(end.signal.slice("SIG".length), false, "");
  channel.end();
}

function closed(pipe: Readable): Promise<void> {
  return pipe.closed ? Promise.resolve() : new Promise((resolve) => pipe.once("close", () => resolve()));
}

async function quiet(pipes: readonly Readable[]): Promise<void> {
  let seen = 0;
  let before = -1;
  for (const pipe of pipes) pipe.on("data", () => (seen += 1));
  while (seen !== before || pipes.some((pipe) => pipe.isPaused())) {
    before = seen;
    await sleep(quietMs);
  }
}

function loginShell(): string {
  const own = userInfo().shell ?? "";
  return [own, "/bin/bash", "/bin/sh"].find((shell) => shell !== "" && existsSync(shell)) ?? "/bin/sh";
}

function startFolder(wanted: string, home: string): string {
  return existsSync(wanted) ? wanted : home;
}
