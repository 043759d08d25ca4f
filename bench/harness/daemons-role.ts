import type { Role } from "./role.ts";
import { type ScriptedDaemon, startScriptedDaemon } from "./scripted-daemon.ts";

/** Begins as many scripted daemons, each with its own server. */
export interface DaemonsMessage {
  readonly kind: "daemons";
  readonly urls: readonly string[];
  readonly key: string;
  readonly pollers: number;
}

/** Scripted daemons, with the agents of what they build, in a process apart from what is measured. */
export function createDaemonsRole(): Role {
  const daemons: ScriptedDaemon[] = [];
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const { urls, key, pollers } = message as DaemonsMessage;
      for (const [nth, url] of urls.entries()) {
        daemons.push(await startScriptedDaemon(url, key, { name: `bench-${nth + 1}`, pollers }));
      }
    },
    close: async () => {
      await Promise.all(daemons.map((daemon) => daemon.stop()));
    },
  };
}
