import type { Static } from "typebox";
import { CodedError } from "../../contracts/errors.ts";
import type { AnsweredEvaluation, LeasedEvaluation } from "../../contracts/form-evaluation.ts";
import type { DaemonId, EvaluationId } from "../../contracts/ids.ts";
import { leasePollMsMax } from "../../contracts/limits.ts";
import type { LeaseRequest } from "../../contracts/provisioner-protocol.ts";
import type { DaemonRow } from "../../db/daemons/daemons.ts";
import {
  releaseEvaluation,
  storeAnswer,
  type TakenEvaluationRow,
  takeEvaluation,
} from "../../db/templates/form-evaluations.ts";
import { createSignal } from "../../platform/signal.ts";
import type { AppContext } from "../app-context.ts";
import { openVariables } from "../templates/push-variables.ts";
import { knownDaemon } from "./known-daemon.ts";

/** A daemon that waits for a form to evaluate looks again at least this often, in case the news of one was lost. */
const recheckMs = 2_000;

/**
 * Takes the next form that is to be evaluated; waits up to `waitMs` while there is none.
 * Errors: `not_found` for a daemon that has not registered, `lease_lost` for an incarnation that was replaced.
 */
export async function leaseEvaluation(
  context: AppContext,
  input: LeaseRequest,
  gone: AbortSignal,
): Promise<LeasedEvaluation | null> {
  const daemon = await knownDaemon(context, input);
  const signal = createSignal();
  const stop = context.news.subscribe("evaluations", () => signal.notify());
  const begunMs = context.monotonicMs();
  const waitMs = Math.min(input.waitMs, leasePollMsMax);
  try {
    for (;;) {
      const evaluation = await takeOne(context, daemon);
      if (evaluation !== null && gone.aborted) return await putBack(context, evaluation, daemon.id);
      const leftMs = waitMs - (context.monotonicMs() - begunMs);
      if (evaluation !== null || leftMs <= 0 || gone.aborted) return evaluation;
      await signal.wait({ timeoutMs: Math.min(leftMs, recheckMs), abort: gone });
      if (gone.aborted) return null;
    }
  } finally {
    stop();
  }
}

/** The daemon hung up while it was taken for it: another one has time to answer still. */
async function putBack(context: AppContext, evaluation: LeasedEvaluation, daemonId: DaemonId): Promise<null> {
  await releaseEvaluation(context.db, evaluation.evaluationId as EvaluationId, daemonId);
  context.db.publish(["evaluations"]);
  return null;
}

async function takeOne(context: AppContext, daemon: DaemonRow): Promise<LeasedEvaluation | null> {
  const { id: daemonId, drivers, tags } = daemon;
  const now = context.clock.now();
  const row = await takeEvaluation(context.db, { daemonId, drivers, tags, now });
  if (row === undefined) return null;
  try {
    return { ...leased(row), ...(await variablesOf(context, row)), patienceMs: patienceOf(row, now) };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "state_key_mismatch") throw error;
    context.logger.error("a form cannot be given out", { evaluationId: row.id, reason: error.message });
    const { code, message, next } = error;
    await store(context, { id: row.id, daemonId, answer: { kind: "failed", error: { code, message, next } } });
    return null;
  }
}

function patienceOf({ expires_at: expiresAt }: TakenEvaluationRow, now: Date): number {
  return Math.max(0, expiresAt.getTime() - now.getTime());
}

function leased(row: TakenEvaluationRow): Omit<LeasedEvaluation, "patienceMs"> {
  return {
    evaluationId: row.id,
    ...row.question,
    driver: row.driver,
    manifest: row.manifest,
    templateId: row.template_id,
    templateName: row.template_name,
    versionName: row.version_name,
    archiveHash: row.archive_hash,
    ...(row.version_state === null ? {} : { versionState: row.version_state }),
  };
}

async function variablesOf(context: AppContext, row: TakenEvaluationRow): Promise<Pick<LeasedEvaluation, "variables">> {
  if (row.variables_sealed === null || row.variables_key_id === null) return {};
  const { values } = await openVariables(context, {
    id: row.template_version_id,
    template: row.template_name,
    number: row.version_number,
    names: row.variable_names,
    sealed: row.variables_sealed,
    key_id: row.variables_key_id,
  });
  return { variables: { ...values } };
}

/** Errors: `lease_lost` when nobody waits for it any more, or it was given to another daemon. */
export async function answerEvaluation(
  context: AppContext,
  input: Static<typeof AnsweredEvaluation> & { readonly evaluationId: EvaluationId },
): Promise<void> {
  const daemon = await knownDaemon(context, input);
  const { evaluationId: id, answer } = input;
  if (await store(context, { id, daemonId: daemon.id, answer })) return;
  throw new CodedError("lease_lost", "Nobody waits for this form any more.");
}

async function store(
  context: AppContext,
  input: {
    readonly id: EvaluationId;
    readonly daemonId: DaemonId;
    readonly answer: Static<typeof AnsweredEvaluation>["answer"];
  },
): Promise<boolean> {
  const isStored = await storeAnswer(context.db, input);
  if (isStored) context.db.publish([`evaluation:${input.id}`]);
  return isStored;
}
