/** `promise`, or a rejection as soon as `abort` fires: what is waited for goes on, the waiting does not. */
export async function abortable<Value>(promise: Promise<Value>, abort: AbortSignal): Promise<Value> {
  let onAbort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error("the work was stopped"));
    if (abort.aborted) onAbort();
    else abort.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    abort.removeEventListener("abort", onAbort);
  }
}
