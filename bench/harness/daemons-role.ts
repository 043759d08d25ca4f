import type { Role } from "./role.ts";
import { type ScriptedDaemon, startScriptedDaemon } from "./scripted-daemon.ts";

export type DaemonsMessage =
  /** Begins as many scripted daemons, each with its own server. */
  | { readonly kind: "start"; readonly urls: readonly string[]; readonly key: string; readonly pollers: number }
  /** Which jobs of workspaces were taken since the question before. */
  | { readonly kind: "taken" };

export interface TakenJob {
  readonly workspace: string;
  /** By the machine's clock. */
  readonly atMs: number;
}

/** Scripted daemons, with the agents of what they build, in a process apart from what is measured. */
export function createDaemonsRole(): Role {
  const daemons: ScriptedDaemon[] = [];
  let taken: TakenJob[] = [];
  const start = async ({ urls, key, pollers }: Extract<DaemonsMessage, { kind: "start" }>): Promise<void> => {
    for (const [nth, url] of urls.entries()) {
      const daemon = await startScriptedDaemon(url, key, { name: `bench-${nth + 1}`, pollers, isPoolsOnly: true });
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
