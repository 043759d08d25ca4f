/** A person's job that has waited too long, and the daemons that could take it. */
export interface WaitingJob {
  readonly jobId: string;
  readonly daemonIds: readonly string[];
}

export interface BusyDaemon {
  readonly daemonId: string;
  /** Slots without a job. */
  readonly free: number;
  /** Jobs that were asked to stop and will leave their slot. */
  readonly ending: number;
}

/** A prebuild's create that runs. `startedAt` in milliseconds. */
export interface RunningCreate {
  readonly jobId: string;
  readonly daemonId: string;
  readonly startedAt: number;
}

export interface PreemptionInput {
  /** In queue order. */
  readonly waiting: readonly WaitingJob[];
  readonly daemons: readonly BusyDaemon[];
  readonly creates: readonly RunningCreate[];
}

export interface Preemption {
  readonly jobId: string;
  /** The person's job that gets the slot. */
  readonly inFavourOf: string;
}

/**
 * Which running creates of prebuilds to cancel, one for each job that waits and finds no slot that is free or about to
 * be: the youngest on any daemon that could take the job, since it has the least to lose. Pure and total.
 */
export function choosePreemptions(input: PreemptionInput): readonly Preemption[] {
  const slots = new Map(input.daemons.map(({ daemonId, free, ending }) => [daemonId, Math.max(free, 0) + ending]));
  const victims = input.creates.toSorted((one, other) => other.startedAt - one.startedAt);
  const chosen: Preemption[] = [];
  for (const { jobId, daemonIds } of input.waiting) {
    const open = daemonIds.find((daemonId) => (slots.get(daemonId) ?? 0) > 0);
    if (open !== undefined) {
      slots.set(open, (slots.get(open) ?? 0) - 1);
      continue;
    }
    const place = victims.findIndex((create) => daemonIds.includes(create.daemonId));
    const [victim] = place < 0 ? [] : victims.splice(place, 1);
    if (victim !== undefined) chosen.push({ jobId: victim.jobId, inFavourOf: jobId });
  }
  return chosen;
}
