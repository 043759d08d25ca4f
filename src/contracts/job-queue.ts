/** The classes of the queue, in the order in which they are served. */
export const jobLanes = ["people", "removals", "prebuilds"] as const;
/** People's jobs, the pools' deletes, and the pools' builds. */
export type JobLane = (typeof jobLanes)[number];

export const waitingKinds = ["daemon", "slot", "reserve", "turn"] as const;
/**
 * What a pending job waits for. `daemon`: none that is connected can take it. `slot`: all slots of those that could are
 * taken. `reserve`: what is free is kept for people. `turn`: a slot is free, and the daemon asks for its next job.
 */
export type WaitingKind = (typeof waitingKinds)[number];
