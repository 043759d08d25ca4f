import { CodedError } from "../../../contracts/errors.ts";
import type { EngineClient } from "./engine-client.ts";
import { logLines } from "./engine-stream.ts";
import { agentStartsLine, noAgentExitCode } from "./start-script.ts";

export interface WatchStartOptions {
  readonly engine: EngineClient;
  readonly container: string;
  /** How many agents have to begin. */
  readonly agents: number;
  readonly limitMs: number;
  readonly abort: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** Lines of a container that has ended that are told with its end. */
const lastLines = 5;

/** What is looked at of a container's inspection. */
export interface Inspected {
  readonly State: {
    readonly Running: boolean;
    readonly Restarting?: boolean;
    readonly ExitCode: number;
    readonly OOMKilled?: boolean;
    readonly Error?: string;
  };
  readonly RestartCount?: number;
}

/**
 * Follows what the container says until every agent's program begins, so that an image in which no agent can run
 * fails its build, with the reason, instead of keeping everybody waiting. After `limitMs` the container is left to
 * go on by itself. Errors: `build_failed`.
 */
export async function watchStart(options: WatchStartOptions): Promise<void> {
  const { engine, container, abort, onLine } = options;
  const over = AbortSignal.timeout(options.limitMs);
  const stop = AbortSignal.any([abort, over]);
  const said: string[] = [];
  let begun = 0;
  try {
    const answer = await engine.open({
      method: "GET",
      path: `/containers/${container}/logs`,
      query: { follow: true, stdout: true, stderr: true },
      abort: stop,
    });
    for await (const line of logLines(answer)) {
      const text = line.trimEnd();
      said.push(text);
      if (text !== "") onLine(text);
      if (text.startsWith(agentStartsLine)) begun += 1;
      if (begun >= options.agents) {
        answer.destroy();
        return;
      }
    }
  } catch (error) {
    if (abort.aborted || !over.aborted) throw error;
    onLine(`the agent has not begun after ${options.limitMs / 1_000} s; the container goes on by itself`);
    return;
  }
  throw await endOf(options, said);
}

/** The error of a container that has ended, or keeps ending, with the last lines that it said. */
export async function endOf(
  { engine, container }: Pick<WatchStartOptions, "engine" | "container">,
  said: readonly string[],
): Promise<CodedError> {
  const { State: state, RestartCount: restarts = 0 } = await engine.call<Inspected>({
    method: "GET",
    path: `/containers/${container}/json`,
  });
  const reason = said
    .filter((line) => line !== "")
    .slice(-lastLines)
    .join(" / ");
  const how = state.OOMKilled === true ? "it used more memory than it may" : `exit code ${state.ExitCode}`;
  const what =
    state.ExitCode === noAgentExitCode
      ? "No agent can run in this image"
      : `The container ${restarts > 0 ? "ends again and again" : "has ended"} (${how})`;
  return new CodedError("build_failed", `${what}: ${reason || state.Error || "it said nothing"}`, {
    next: "See docs/docker.md for what an image needs: sh, one of curl, wget and python3, and glibc or Node 20.",
  });
}
