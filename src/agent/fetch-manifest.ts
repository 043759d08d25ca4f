import type { AgentManifest } from "../contracts/agent-protocol.ts";
import { backoffDelayMs } from "../platform/backoff.ts";
import { sleep } from "../platform/sleep.ts";
import type { AgentConfig } from "./agent-config.ts";
import { type ServerHttp, ServerRefusal } from "./server-http.ts";

/**
 * What the server has for this agent to run, asked for until it answers; null when it was aborted. A server that does not
 * know the token is asked again like one that cannot be reached: the tokens of some workspaces come to it after the agents.
 */
export async function fetchManifest(
  config: Pick<AgentConfig, "timing" | "logger" | "random">,
  http: ServerHttp,
  abort: AbortSignal,
): Promise<AgentManifest | null> {
  const { reconnectBaseMs: baseMs, reconnectCapMs: capMs } = config.timing;
  for (let attempt = 1; !abort.aborted; attempt += 1) {
    try {
      return await http.manifest(abort);
    } catch (error) {
      config.logger.warn(whyNot(error), { error });
      await sleep(backoffDelayMs({ attempt, baseMs, capMs, random: config.random }), abort);
    }
  }
  return null;
}

function whyNot(error: unknown): string {
  return error instanceof ServerRefusal && error.status === 401
    ? "the server does not know this agent's token, or not yet, and is asked again"
    : "the manifest could not be fetched";
}
