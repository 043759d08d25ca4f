export interface GatherOptions<Question, Answer> {
  /** Answers all questions, in their order; it is asked at least one. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** Whether a failure is everybody's, a database that is gone for example, and not one question's. */
  readonly isEverybodys: (error: unknown) => boolean;
  readonly runningMax: number;
  readonly togetherMax: number;
  /** An ask under way for so long is stuck: those who came since are asked without waiting for it. */
  readonly patienceMs: number;
  /** Stuck asks that others go past. Each holds what it asks with, so beyond them everybody waits. */
  readonly stuckMax: number;
  /** Longest wait of a question, its turn and its answer together; then it gets `late()`. */
  readonly waitMsMax: number;
  readonly late: () => Error;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly limit: NodeJS.Timeout;
}

/**
 * Asks together what comes while `runningMax` asks are under way. A question that comes alone is asked at once, and
 * every ask begins after its questions came, so that an answer is never older than its question. When an ask of many
 * fails for one of them, each is asked by itself, and only the one at fault fails. One ask that hangs keeps nobody for
 * longer than `waitMsMax`, and those who came after it for no longer than `patienceMs`.
 */
export class Gather<Question, Answer> {
  readonly #options: GatherOptions<Question, Answer>;
  #waiting: Waiting<Question, Answer>[] = [];
  #running = 0;
  /** Of those running, how many have taken longer than `patienceMs`. */
  #stuck = 0;

  constructor(options: GatherOptions<Question, Answer>) {
    this.#options = options;
  }

  async ask(question: Question): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(this.#options.late());
      }, this.#options.waitMsMax);
      const waiting = { question, resolve, reject, limit };
      this.#waiting.push(waiting);
      this.#advance();
    });
  }

  #advance(): void {
    const { runningMax, stuckMax, togetherMax } = this.#options;
    while (this.#running - Math.min(this.#stuck, stuckMax) < runningMax && this.#waiting.length > 0) {
      this.#begin(this.#waiting.splice(0, togetherMax));
    }
  }

  #begin(together: readonly Waiting<Question, Answer>[]): void {
    this.#running += 1;
    let isStuck = false;
    const patience = setTimeout(() => {
      isStuck = true;
      this.#stuck += 1;
      this.#advance();
    }, this.#options.patienceMs);
    void this.#run(together).finally(() => {
      clearTimeout(patience);
      this.#running -= 1;
      if (isStuck) this.#stuck -= 1;
      this.#advance();
    });
  }

  async #run(together: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.ask(together.map((each) => each.question));
      if (answers.length !== together.length) {
        throw new Error(`${together.length} questions were given ${answers.length} answers.`);
      }
      // One answer for each question was checked above.
      for (const [nth, each] of together.entries()) {
        clearTimeout(each.limit);
        each.resolve(answers[nth] as Answer);
      }
    } catch (error) {
      if (together.length === 1 || this.#options.isEverybodys(error)) {
        for (const each of together) {
          clearTimeout(each.limit);
          each.reject(error);
        }
      } else for (const each of together) await this.#run([each]);
    }
  }
}
