export interface GatherOptions<Question, Answer> {
  /** Answers all questions, in their order; it is asked at least one. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** Whether a failure is everybody's, a database that is gone for example, and not one question's. */
  readonly isEverybodys: (error: unknown) => boolean;
  readonly runningMax: number;
  readonly togetherMax: number;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks together what comes while `runningMax` asks are under way. A question that comes alone is asked at once, and
 * every ask begins after its questions came, so that an answer is never older than its question. When an ask of many
 * fails for one of them, each is asked by itself, and only the one at fault fails.
 */
export class Gather<Question, Answer> {
  readonly #options: GatherOptions<Question, Answer>;
  #waiting: Waiting<Question, Answer>[] = [];
  #running = 0;

  constructor(options: GatherOptions<Question, Answer>) {
    this.#options = options;
  }

  async ask(question: Question): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#advance();
    });
  }

  #advance(): void {
    while (this.#running < this.#options.runningMax && this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, this.#options.togetherMax);
      this.#running += 1;
      void this.#run(together).finally(() => {
        this.#running -= 1;
        this.#advance();
      });
    }
  }

  async #run(together: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.ask(together.map((each) => each.question));
      if (answers.length !== together.length) {
        throw new Error(`${together.length} questions were given ${answers.length} answers.`);
      }
      // One answer for each question was checked above.
      for (const [nth, each] of together.entries()) each.resolve(answers[nth] as Answer);
    } catch (error) {
      if (together.length === 1 || this.#options.isEverybodys(error)) for (const each of together) each.reject(error);
      else for (const each of together) await this.#run([each]);
    }
  }
}
