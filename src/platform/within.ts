/**
 * What `work` gives, or `late()` thrown when it takes longer than `limitMs`. The work itself goes on, and its end is
 * nobody's any more.
 */
export async function within<Value>(work: Promise<Value>, limitMs: number, late: () => Error): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  // Whoever loses the race may still fail, and nobody would listen.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
