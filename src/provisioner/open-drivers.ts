import { CodedError } from "../contracts/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { Driver } from "./driver.ts";

/**
 * Opens the drivers and answers those that can be used. One whose tool is missing is left out of the registration,
 * so that the server gives its jobs to another daemon, or says of them that there is none; the others work.
 * Errors: `driver_unavailable` when none is left; whatever else an `open` throws.
 */
export async function openDrivers(drivers: readonly Driver[], logger: Logger): Promise<readonly Driver[]> {
  const opened: Driver[] = [];
  let refusal: CodedError | null = null;
  for (const driver of drivers) {
    try {
      await driver.open();
      opened.push(driver);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "driver_unavailable") throw error;
      refusal = error;
      logger.error("a driver cannot be used here and is left out", {
        driver: driver.name,
        reason: error.message,
        next: error.next,
      });
    }
  }
  if (opened.length === 0 && refusal !== null) throw refusal;
  return opened;
}
