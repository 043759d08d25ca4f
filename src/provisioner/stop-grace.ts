import { stopHookTimeoutSecondsDefault } from "../contracts/limits.ts";
import type { Manifest } from "../contracts/manifest.ts";

/** What an agent needs beside its `stop` hook: ending its sessions, and sending its last words. */
const farewellSeconds = 5;

/** How many seconds a workspace's agents are to be given to end, by their `stop` hooks, and at least so many. */
export function stopGraceSeconds(manifest: Manifest, secondsMin: number): number {
  const hooks = (manifest.agents ?? []).flatMap((agent) => (agent.hooks?.stop === undefined ? [] : [agent.hooks.stop]));
  const limits = hooks.map(({ timeout }) => (timeout ?? stopHookTimeoutSecondsDefault) + farewellSeconds);
  return Math.max(secondsMin, ...limits);
}
