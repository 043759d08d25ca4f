import type { Client } from "../client/client.ts";
import { CodedError } from "../contracts/errors.ts";
import type { FormAnswer, LeasedEvaluation } from "../contracts/form-evaluation.ts";
import { formsPerDaemonMax } from "../contracts/limits.ts";
import type { DaemonRegistered } from "../contracts/provisioner-protocol.ts";
import { backoffDelayMs } from "../platform/backoff.ts";
import type { Logger } from "../platform/logger.ts";
import type { Random } from "../platform/random.ts";
import { sleep } from "../platform/sleep.ts";
import { abortable } from "./abortable.ts";
import type { DaemonTiming } from "./daemon-timing.ts";
import { type Driver, errorReportOf, type FormContext } from "./driver.ts";
import type { TemplateFolders } from "./template-folders.ts";

export interface FormsEnvironment {
  readonly client: Client;
  readonly incarnation: string;
  readonly registered: () => Promise<DaemonRegistered>;
  /** Those that work now. */
  readonly drivers: () => readonly Driver[];
  readonly templates: TemplateFolders;
  readonly timing: DaemonTiming;
  readonly random: Random;
  readonly logger: Logger;
  /** Ends the asking. */
  readonly leasing: AbortSignal;
  /** Ends what is under way. */
  readonly working: AbortSignal;
}

/**
 * Evaluates forms as they come, a few at once, beside the jobs and in none of their slots: who fills in a form is not to
 * wait for somebody's image. Asks for none while no driver evaluates any. Never rejects.
 */
export async function evaluateForms(environment: FormsEnvironment): Promise<void> {
  const { leasing, logger, random, timing } = environment;
  const running = new Set<Promise<void>>();
  for (let failures = 0; !leasing.aborted; ) {
    try {
      if (running.size >= formsPerDaemonMax) await Promise.race(running);
      const evaluation = await lease(environment);
      failures = 0;
      if (evaluation === null) continue;
      const answering: Promise<void> = answer(evaluation, environment).finally(() => running.delete(answering));
      running.add(answering);
    } catch (error) {
      if (leasing.aborted) break;
      failures += 1;
      const { retryBaseMs: baseMs, retryCapMs: capMs } = timing;
      const delayMs = backoffDelayMs({ attempt: failures, baseMs, capMs, random });
      // The loops that lease jobs meet the same, and say it.
      logger.debug("no form could be leased", { error, delayMs: Math.round(delayMs) });
      await sleep(delayMs, leasing);
    }
  }
  await Promise.all(running);
}

async function lease(environment: FormsEnvironment): Promise<LeasedEvaluation | null> {
  const { client, incarnation, leasing, timing } = environment;
  if (!environment.drivers().some((driver) => driver.evaluate !== undefined)) {
    // A driver may come to work later.
    await sleep(timing.sweepMs, leasing);
    return null;
  }
  const { daemonId } = await environment.registered();
  const body = { daemonId, incarnation, waitMs: timing.leaseWaitMs };
  return (await client.call("leaseEvaluation", { body, signal: leasing })).evaluation;
}

/** Says what the form looks like, or why that cannot be said; whoever asked may wait no more. Never rejects. */
async function answer(evaluation: LeasedEvaluation, environment: FormsEnvironment): Promise<void> {
  const { client, incarnation, logger } = environment;
  const { evaluationId } = evaluation;
  try {
    const registered = await environment.registered();
    const body = { daemonId: registered.daemonId, incarnation, answer: await answerTo(evaluation, environment) };
    await client.call("answerEvaluation", { params: { evaluationId }, body, signal: environment.working });
  } catch (error) {
    // Too late is nothing to look into: the next question finds the version prepared.
    if (error instanceof CodedError && error.code === "lease_lost") return;
    logger.warn("a form could not be answered", { evaluationId, error });
  }
}

async function answerTo(evaluation: LeasedEvaluation, environment: FormsEnvironment): Promise<FormAnswer> {
  const { templates } = environment;
  const { driver: name, archiveHash, patienceMs } = evaluation;
  const driver = environment.drivers().find((one) => one.name === name);
  const preparing = AbortSignal.any([environment.working, AbortSignal.timeout(environment.timing.limitMs.import)]);
  let acquired: Promise<string> | null = null;
  const templateFolder = async (): Promise<string> => {
    acquired ??= templates.acquire(archiveHash);
    return await abortable(acquired, preparing);
  };
  try {
    if (driver?.evaluate === undefined) {
      throw new CodedError("invalid_template", `This provisioner evaluates no forms with the driver "${name}".`);
    }
    const abort = AbortSignal.any([environment.working, AbortSignal.timeout(patienceMs)]);
    const { accessUrl, deploymentId } = await environment.registered();
    const { parameters, phases } = await driver.evaluate({
      ...contextOf(evaluation),
      accessUrl,
      deploymentId,
      abort,
      preparing,
      templateFolder,
    });
    return { kind: "evaluated", parameters: [...parameters], ...(phases === undefined ? {} : { phases: [...phases] }) };
  } catch (error) {
    return { kind: "failed", error: errorReportOf(error, "invalid_template") };
  } finally {
    // One that could not be had counts as released.
    await (acquired as Promise<string> | null)?.then(() => templates.release(archiveHash)).catch(() => {});
  }
}

type Given = Omit<FormContext, "accessUrl" | "deploymentId" | "abort" | "preparing" | "templateFolder">;

function contextOf(evaluation: LeasedEvaluation): Given {
  const { evaluationId, archiveHash, versionState, variables, manifest, owner, parameters } = evaluation;
  const { templateId, templateName, versionName } = evaluation;
  return {
    jobId: evaluationId,
    attempt: 1,
    archiveHash,
    versionState,
    ...(variables === undefined ? {} : { variables }),
    manifest,
    templateId,
    templateName,
    versionName,
    owner,
    parameters,
    // Of what goes wrong the answer tells; of the rest nobody reads.
    log: () => {},
  };
}
