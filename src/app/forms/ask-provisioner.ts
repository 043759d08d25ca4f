import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import type { FormAnswer, FormQuestion } from "../../contracts/form-evaluation.ts";
import type { EvaluationId, TemplateVersionId } from "../../contracts/ids.ts";
import { formEvaluationMsMax } from "../../contracts/limits.ts";
import {
  askEvaluation,
  type EvaluationRow,
  readEvaluation,
  removeEvaluation,
} from "../../db/templates/form-evaluations.ts";
import { createSignal } from "../../platform/signal.ts";
import type { AppContext } from "../app-context.ts";
import type { FormParameters } from "./form-evaluations.ts";

/** Whoever waits for an answer looks again at least this often, in case the news of it was lost. */
const recheckMs = 500;

/**
 * Has a provisioner evaluate the form of a version.
 * Errors: `form_unanswered`; what the provisioner says, such as `invalid_template`.
 */
export async function askProvisioner(
  context: AppContext,
  input: { readonly versionId: TemplateVersionId; readonly question: FormQuestion },
): Promise<FormParameters> {
  const id = context.random.uuid() as EvaluationId;
  const now = context.clock.now();
  const expiresAt = new Date(now.getTime() + formEvaluationMsMax);
  const signal = createSignal();
  const stop = context.news.subscribe(`evaluation:${id}`, () => signal.notify());
  try {
    await askEvaluation(context.db, { ...input, id, now, expiresAt });
    context.db.publish(["evaluations"]);
    const begunMs = context.monotonicMs();
    for (;;) {
      const row = await readEvaluation(context.db, id);
      const answer = row?.answer ?? null;
      if (answer !== null) return parametersOf(answer);
      const leftMs = formEvaluationMsMax - (context.monotonicMs() - begunMs);
      if (row === undefined || leftMs <= 0) throw unanswered(row);
      await signal.wait({ timeoutMs: Math.min(leftMs, recheckMs) });
    }
  } finally {
    stop();
    await removeEvaluation(context.db, id);
  }
}

function parametersOf(answer: FormAnswer): FormParameters {
  if (answer.kind === "evaluated") return answer.parameters;
  const { code, message, next, problems } = answer.error;
  throw new CodedError(isErrorCode(code) ? code : "invalid_template", message, {
    ...(next === undefined ? {} : { next }),
    ...(problems === undefined ? {} : { problems }),
  });
}

function unanswered(row: EvaluationRow | undefined): CodedError {
  const seconds = formEvaluationMsMax / 1_000;
  const daemon = row?.daemon ?? null;
  const message =
    daemon === null
      ? `No provisioner has taken the form within ${seconds} s: none is connected that has the template's driver and tags and evaluates forms, or all are busy with others.`
      : `The provisioner "${daemon}" has not evaluated the form within ${seconds} s.`;
  return new CodedError("form_unanswered", message, { retryAfterSeconds: 5 });
}
