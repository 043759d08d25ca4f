export interface Hammered {
  readonly samplesMs: readonly number[];
  readonly elapsedMs: number;
  readonly perSecond: number;
}

/** Closed loop: `clients` at once, each asking again as soon as it is answered, `total` times together. */
export async function hammer(options: {
  readonly clients: number;
  readonly total: number;
  readonly ask: (nth: number) => Promise<void>;
}): Promise<Hammered> {
  const samplesMs: number[] = [];
  let next = 0;
  const begun = performance.now();
  const client = async (): Promise<void> => {
    while (next < options.total) {
      const nth = next;
      next += 1;
      const asked = performance.now();
      await options.ask(nth);
      samplesMs.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, client));
  const elapsedMs = performance.now() - begun;
  return { samplesMs, elapsedMs, perSecond: (options.total / elapsedMs) * 1_000 };
}
