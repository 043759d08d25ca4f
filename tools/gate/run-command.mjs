// Runs one command of the gate to its end and keeps what it says, to be shown when it fails.
import { spawn } from "node:child_process";

/** Longer than any step may take on a slow machine; a step that hangs must not hang the gate. */
export const commandMsMax = 20 * 60_000;

/**
 * @param {readonly string[]} command
 * @param {{ readonly cwd: string, readonly env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ readonly ok: boolean, readonly ms: number, readonly output: string }>}
 */
export function runCommand([program = "", ...args], { cwd, env = process.env }) {
  // What is kept is printed later and elsewhere: colours and cursor movements would only be in the way.
  const plain = { ...env, NO_COLOR: "1", FORCE_COLOR: undefined };
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: plain, stdio: ["ignore", "pipe", "pipe"], timeout: commandMsMax });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    const finish = (ok, note = "") => {
      const output = Buffer.concat(chunks).toString("utf8") + note;
      resolve({ ok, ms: performance.now() - started, output });
    };
    child.on("error", (error) => finish(false, `${program} could not be started: ${error.message}\n`));
    child.on("close", (code, signal) => finish(code === 0, signal ? `${program} was ended by ${signal}.\n` : ""));
  });
}
