import { spawn } from "node:child_process";

export interface Done {
  /** Null when it was ended. */
  readonly status: number | null;
  readonly output: string;
}

export interface Run {
  readonly cwd: string;
  readonly limitMs: number;
  readonly abort?: AbortSignal;
}

/** In a process group of its own, which is ended as a whole at the limit, and when nobody wants it any more. */
export async function runProgram(command: readonly string[], { cwd, limitMs, abort }: Run): Promise<Done> {
  abort?.throwIfAborted();
  const [program = "", ...args] = command;
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += String(data);
    });
  }
  const end = (): void => endGroup(child.pid);
  const limit = setTimeout(() => {
    output += `\nended after ${limitMs} ms`;
    end();
  }, limitMs);
  abort?.addEventListener("abort", end);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("close", resolve);
      child.once("error", reject);
    });
    abort?.throwIfAborted();
    return { status, output };
  } finally {
    clearTimeout(limit);
    abort?.removeEventListener("abort", end);
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
