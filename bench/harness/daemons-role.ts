import type { Role } from "./role.ts";
import { type ScriptedDaemon, startScriptedDaemon } from "./scripted-daemon.ts";

export type DaemonsMessage =
  /** Begins a scripted daemon for each server. */
  | { readonly kind: "start"; readonly daemons: readonly DaemonOfServer[]; readonly pollers: number }
  /** Which jobs of workspaces were taken since the question before. */
  | { readonly kind: "taken" };

/** A daemon key is for one name. */
export interface DaemonOfServer {
  readonly url: string;
  readonly name: string;
  readonly key: string;
}

export interface TakenJob {
  readonly workspace: string;
  /** By the machine's clock. */
  readonly atMs: number;
}

/** Scripted daemons, with the agents of what they build, in a process apart from what is measured. */
export function createDaemonsRole(): Role {
  const daemons: ScriptedDaemon[] = [];
  let taken: TakenJob[] = [];
  const start = async (asked: Extract<DaemonsMessage, { kind: "start" }>): Promise<void> => {
    for (const { url, name, key } of asked.daemons) {
      const daemon = await startScriptedDaemon(url, key, { name, pollers: asked.pollers, isPoolsOnly: true });
      daemon.onTaken = ({ work }) => {
        if (work.kind === "build")
          taken.push({ workspace: work.workspaceName, atMs: performance.timeOrigin + performance.now() });
      };
      daemons.push(daemon);
    }
  };
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const asked = message as DaemonsMessage;
      if (asked.kind === "start") return await start(asked);
      const answer = taken;
      taken = [];
      return answer;
    },
    close: async () => {
      await Promise.all(daemons.map((daemon) => daemon.stop()));
    },
  };
}
