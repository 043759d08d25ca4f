import { readFileSync, statfsSync } from "node:fs";
import { sleep } from "../../platform/sleep.ts";
import type { StatSource } from "./stat-readings.ts";

/** The machine that this program runs on. */
export const machineSource: StatSource = {
  read: (file) => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return null;
    }
  },
  disk: (folder) => statfsSync(folder),
  nowMs: () => performance.now(),
  sleep: (ms) => sleep(ms),
};
