import type { FaultRunner } from "../faults/fault-runner.ts";
import type { Touched } from "../faults/touched.ts";
import type { Facts } from "../load/facts.ts";
import type { Crew } from "../load/people.ts";
import type { Requests } from "../load/requests.ts";
import type { EventLog } from "../output/event-log.ts";
import type { System } from "../system/system.ts";
import type { DatabaseLook } from "./database-look.ts";

/** What the checks look at. */
export interface CheckDeps {
  readonly system: System;
  readonly crew: Crew;
  readonly facts: Facts;
  readonly requests: Requests;
  readonly touched: Touched;
  readonly faults: FaultRunner;
  readonly log: EventLog;
  readonly database: DatabaseLook;
  /** The run's folder. */
  readonly folder: string;
  /** Where the programs' logs are. */
  readonly logFolder: string;
}
