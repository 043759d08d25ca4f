import { Worker } from "node:worker_threads";

export interface WorkerTaskLimits {
  readonly elapsedMsMax: number;
  readonly memoryMibMax: number;
}

export type WorkerOutcome<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "too_long" }
  | { readonly kind: "too_much_memory" };

/**
 * Asks a program in a thread of its own, which ends with the answer or at its limits: whatever it is asked, nobody else
 * waits for it. The program posts one message. Rejects with what it throws.
 */
export async function runInWorker<Answer>(
  program: URL,
  question: unknown,
  { elapsedMsMax, memoryMibMax }: WorkerTaskLimits,
): Promise<WorkerOutcome<Answer>> {
  const worker = new Worker(program, {
    workerData: question,
    // It computes: it is told nothing of its surroundings.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMibMax },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<WorkerOutcome<Answer>>((resolve, reject) => {
      timer = setTimeout(() => resolve({ kind: "too_long" }), elapsedMsMax);
      worker.once("message", (answer: Answer) => resolve({ kind: "answer", answer }));
      worker.once("error", (error: Error & { readonly code?: string }) => {
        if (error.code === "ERR_WORKER_OUT_OF_MEMORY") resolve({ kind: "too_much_memory" });
        else reject(new Error(`The thread ${program.pathname} failed.`, { cause: error }));
      });
      worker.once("exit", () => reject(new Error(`The thread ${program.pathname} ended without an answer.`)));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
