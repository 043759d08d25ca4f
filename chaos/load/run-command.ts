import { PassThrough, Writable } from "node:stream";
import { runExecSession } from "../../src/cli/exec/exec-session.ts";
import type { Client } from "../../src/client/client.ts";
import { execPath } from "../../src/contracts/agent-protocol.ts";
import { CodedError } from "../../src/contracts/errors.ts";

export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs a command in a workspace as `prewarm exec` does. Errors: those of the session; `transient` after the limit. */
export async function runCommand(
  client: Client,
  workspaceId: string,
  command: readonly string[],
  limitMs: number,
): Promise<CommandResult> {
  const url = new URL(execPath(workspaceId), client.url);
  url.protocol = "ws:";
  const pieces: string[] = [];
  const sink = (): Writable =>
    new Writable({
      write: (chunk: Buffer, _, done) => {
        pieces.push(chunk.toString());
        done();
      },
    });
  const stdin = new PassThrough();
  stdin.end();
  const world = { stdin, stdout: sink(), stderr: sink(), onSignal: () => () => undefined };
  const session = runExecSession({ url: url.href, token: client.token ?? "", command, env: {}, agent: null, world });
  // A session that is given up goes on in the background until its own limits end it.
  session.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CodedError("transient", `The command gave no answer in ${limitMs} ms.`)),
      limitMs,
    );
  });
  try {
    return { exitCode: await Promise.race([session, late]), output: pieces.join("") };
  } finally {
    clearTimeout(timer);
  }
}
