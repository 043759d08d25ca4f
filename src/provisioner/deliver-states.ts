import type { Client } from "../client/client.ts";
import { CodedError, type ErrorCode } from "../contracts/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { Delivery, Driver, UndeliveredState } from "./driver.ts";

export interface DeliverOptions {
  readonly client: Client;
  readonly logger: Logger;
  /** Calls the server until it answers, or the daemon stops. */
  readonly untilAnswered: <Value>(call: () => Promise<Value>) => Promise<Value>;
}

/** Answers that will not change: the workspace is gone, or a later job has begun. */
const final: ReadonlySet<ErrorCode> = new Set(["conflict", "not_found", "lease_lost"]);

/**
 * Lets each driver offer what it could not store. Never rejects: what could not be delivered now stays with the
 * driver, and is offered again.
 */
export async function deliverStates(drivers: readonly Driver[], options: DeliverOptions): Promise<void> {
  for (const driver of drivers) {
    try {
      await driver.deliver?.((state) => adopt(state, options));
    } catch (error) {
      options.logger.warn("states could not be delivered and will be offered again", { driver: driver.name, error });
    }
  }
}

async function adopt(undelivered: UndeliveredState, options: DeliverOptions): Promise<Delivery> {
  const { workspaceId, ...body } = undelivered;
  const { jobId, attempt } = body;
  try {
    await options.untilAnswered(() => options.client.call("adoptState", { params: { workspaceId }, body }));
    options.logger.info("what an earlier attempt had made is known now", { workspaceId, jobId, attempt });
    return "stored";
  } catch (error) {
    if (!(error instanceof CodedError) || !final.has(error.code)) throw error;
    options.logger.error("the server does not take what an earlier attempt had made; some of it may be left over", {
      workspaceId,
      jobId,
      attempt,
      reason: error.message,
    });
    return "refused";
  }
}
