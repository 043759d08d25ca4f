import { setMaxListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { agentTiming } from "../../src/agent/agent-timing.ts";
import { runAgent } from "../../src/agent/run-agent.ts";
import { mapBounded } from "../../src/platform/bounded.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { sleep } from "../../src/platform/sleep.ts";
import type { Role } from "./role.ts";

export interface AgentsMessage {
  readonly kind: "agents";
  readonly serverUrl: string;
  readonly agents: readonly { readonly token: string; readonly workspaceId: string }[];
}

/** Agents that begin at once; a host that starts begins with all of its workspaces, and no deployment with thousands. */
const startsAtOnce = 20;
const betweenStartsMs = 5;

/** The real agent, many times in one process: what the server sees of a thousand workspaces at rest. */
export function createAgentsRole(): Role {
  const stop = new AbortController();
  // Every agent listens to it.
  setMaxListeners(0, stop.signal);
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-bench-agents-"));
  const running: Promise<void>[] = [];
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const { agents, serverUrl } = message as AgentsMessage;
      await mapBounded(agents, startsAtOnce, async ({ token, workspaceId }) => {
        const home = path.join(folder, workspaceId);
        running.push(
          runAgent(
            {
              serverUrl,
              token,
              workspaceId,
              home,
              stateFolder: path.join(home, "state"),
              startId: workspaceId,
              buildStage: "prebuild",
              baseEnvironment: { PATH: process.env["PATH"] ?? "" },
              program: [process.execPath],
              version: "bench",
              logger: silentLogger,
              random: systemRandom,
              timing: agentTiming,
            },
            stop.signal,
          ),
        );
        await sleep(betweenStartsMs);
      });
      return null;
    },
    close: async () => {
      stop.abort();
      await Promise.all(running);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
