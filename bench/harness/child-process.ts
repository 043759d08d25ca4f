import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A process of the benchmark's own that answers one JSON line for each that it is sent, in order. */
export interface Child {
  ask<Answer>(message: object): Promise<Answer>;
  /** Closes its input, which is how it is told to end, and waits until it has. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts this very program in another role. It ends when its input does: also when this process dies. */
export function startChild(role: "server" | "load" | "agents" | "daemons" | "streams" | "line"): Child {
  const [, program = ""] = process.argv;
  const child = spawn(process.execPath, [...profiling(role), "--enable-source-maps", program, "--role", role], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: Waiting[] = [];
  const exited = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`The ${role} process ended: ${signal ?? code}.`));
      resolve();
    });
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    // Written by child-roles.ts of the same program; the caller names the type of its own question's answer.
    const answer = JSON.parse(line) as { readonly ok: never } | { readonly error: string };
    const first = waiting.shift();
    if ("error" in answer) first?.reject(new Error(`The ${role} process failed: ${answer.error}`));
    else first?.resolve(answer.ok);
  });
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(message)}\n`);
      }),
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** `PREWARM_BENCH_PROFILE=FOLDER` writes a CPU profile of each server there, for a look at where its time goes. */
function profiling(role: string): readonly string[] {
  const folder = process.env["PREWARM_BENCH_PROFILE"];
  return folder === undefined || role !== "server" ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}
