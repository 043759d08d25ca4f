import { durationText } from "../time/instant-text.ts";

/** What an agent had beyond its limits, so that the server's own reading takes no part in the verdict. */
export const readyGraceMs = 60_000;

/**
 * Why a start did not become ready within its time (spec §2.1).
 * `no_agents`: nothing could say that it is ready. `hook_failed`: the agent said so. `never_connected` and `went_away`:
 * nobody was there for the agent's `connect_timeout`. `too_late`: it was there on and off, or all the time, and was not
 * ready when its time to connect and that of its hooks were over.
 */
export interface Unready {
  readonly kind: "no_agents" | "hook_failed" | "never_connected" | "went_away" | "too_late";
  readonly agent: string;
  /** What the agent said of itself. */
  readonly detail: string;
  /** The newest line of its log. */
  readonly lastLine: string | null;
  readonly limitMs: number;
}

/** The verdict in whole sentences, with the last that was heard. */
export function unreadyText(unready: Unready): string {
  const { kind, agent, detail, lastLine } = unready;
  const limit = durationText(unready.limitMs);
  const words = lastLine === null || lastLine.trim() === "" ? "" : ` The last line of its log: ${lastLine.trim()}`;
  switch (kind) {
    case "no_agents":
      return "The template version has no agents, so that nothing can say that it is ready.";
    case "hook_failed":
      return `Agent "${agent}": ${detail === "" ? `its start failed.${words}` : detail}`;
    case "never_connected":
      return `Agent "${agent}" did not connect within ${limit} after the build.`;
    case "went_away":
      return `Agent "${agent}" went away before it was ready, and was not back after ${limit}.${words}`;
    case "too_late":
      return `Agent "${agent}" was not ready ${limit} after the build.${words}`;
  }
}
