import { CodedError } from "../../contracts/errors.ts";
import type { UserId } from "../../contracts/ids.ts";
import {
  formAnswerKeptMs,
  formAnswersKeptMax,
  formEvaluationsMax,
  formEvaluationsPerPersonMax,
} from "../../contracts/limits.ts";
import type { ManifestParameter } from "../../contracts/manifest-parameter.ts";
import { Places } from "../../platform/places.ts";
import { FormTurns } from "./form-turns.ts";

export type FormParameters = readonly ManifestParameter[];

export interface Evaluation {
  /** Equal for what has the same answer: version, inputs and owner. */
  readonly key: string;
  readonly askedBy: UserId;
  /** What somebody fills in, of which one is evaluated at a time; null: the answer is not for a form. */
  readonly form: string | null;
  readonly nowMs: number;
  readonly evaluate: () => Promise<FormParameters>;
}

interface Kept {
  readonly parameters: FormParameters;
  readonly untilMs: number;
}

const retryAfterSeconds = 2;

/** What one server knows of forms: answers that are still good, and what is being worked out. */
export class FormEvaluations {
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<FormParameters>>();
  readonly #places = new Places(formEvaluationsMax);
  readonly #turns = new FormTurns();

  /**
   * The answer that is known, or is being worked out, or a new one.
   * Errors: `form_superseded`, `too_many_open`, `server_full`, those of `evaluate`.
   */
  async answer(evaluation: Evaluation): Promise<FormParameters> {
    const { key, form, nowMs } = evaluation;
    const known = this.#known(key, nowMs) ?? this.#running.get(key);
    if (known !== undefined) return await known;
    if (form === null) return await this.#run(evaluation);
    return await this.#turns.take(form, async () => await (this.#running.get(key) ?? this.#run(evaluation)));
  }

  #known(key: string, nowMs: number): FormParameters | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.untilMs > nowMs) return kept.parameters;
    this.#kept.delete(key);
    return undefined;
  }

  async #run({ key, askedBy, nowMs, evaluate }: Evaluation): Promise<FormParameters> {
    const leave = this.#enter(askedBy);
    const running = evaluate();
    this.#running.set(key, running);
    try {
      const parameters = await running;
      this.#kept.delete(key);
      this.#kept.set(key, { parameters, untilMs: nowMs + formAnswerKeptMs });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > formAnswersKeptMax && oldest !== undefined) this.#kept.delete(oldest);
      return parameters;
    } finally {
      this.#running.delete(key);
      leave();
    }
  }

  #enter(askedBy: UserId): () => void {
    const entered = this.#places.enter([{ key: askedBy, max: formEvaluationsPerPersonMax }]);
    if (entered.kind === "entered") return entered.leave;
    const isOwn = entered.kind === "holder_full";
    const message = isOwn
      ? `You have ${formEvaluationsPerPersonMax} forms under evaluation on this server, as many as one person may.`
      : "As many forms are under evaluation on this server as may.";
    throw new CodedError(isOwn ? "too_many_open" : "server_full", message, { retryAfterSeconds });
  }
}
