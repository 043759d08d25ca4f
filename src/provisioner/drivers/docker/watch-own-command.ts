import { sleep } from "../../../platform/sleep.ts";
import { logLines } from "./engine-stream.ts";
import { agentStartsLine } from "./start-script.ts";
import { endOf, type Inspected, type WatchStartOptions } from "./watch-start.ts";

/** Docker brings a container back whatever it ended with: one that came back more often than this is not waiting for anything. */
const restartsMax = 2;
const pollMs = 250;
/** Lines of its log that are looked through for the agent's beginning. */
const linesLooked = 200;

/**
 * Looks on while a container with a command of its own begins, for which nobody knows what it does before it starts the
 * agent. One that ends again and again fails its build with its last words, instead of waiting for an agent that never
 * comes. After `limitMs` it is left to go on by itself, and its agent has its time to connect. Errors: `build_failed`.
 */
export async function watchOwnCommand(options: Omit<WatchStartOptions, "agents">): Promise<void> {
  const { engine, container, limitMs, abort, onLine } = options;
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += pollMs) {
    const path = `/containers/${container}/json`;
    const { State: state, RestartCount: restarts = 0 } = await engine.call<Inspected>({ method: "GET", path, abort });
    const said = await saidBy(options);
    if (said.some((line) => line.startsWith(agentStartsLine))) return;
    const hasEnded = !state.Running && state.Restarting !== true;
    if (hasEnded || restarts > restartsMax) {
      const told = [...new Set(said)];
      for (const line of told) onLine(line);
      throw await endOf(options, told);
    }
    await sleep(pollMs, abort);
    abort.throwIfAborted();
  }
  onLine(`the agent has not begun after ${limitMs / 1_000} s; the container goes on by itself`);
}

async function saidBy({ engine, container, abort }: Omit<WatchStartOptions, "agents">): Promise<readonly string[]> {
  const answer = await engine.open({
    method: "GET",
    path: `/containers/${container}/logs`,
    query: { stdout: true, stderr: true, tail: linesLooked },
    abort,
  });
  const said: string[] = [];
  for await (const line of logLines(answer)) if (line.trim() !== "") said.push(line.trimEnd());
  return said;
}
