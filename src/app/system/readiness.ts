import type { ControllerStatus } from "../../contracts/api/system.ts";
import { isDatabaseWritable } from "../../db/servers/doctor.ts";
import type { AppContext } from "../app-context.ts";

const answerWithinMs = 2_000;
/** A heartbeat comes every 3 s: several were missed. */
const heartbeatLateMs = 15_000;
const heartbeatController = "server-presence";

/**
 * Whether the database answers within two seconds, and takes writes: a server can do nothing with one that only reads.
 */
export async function isDatabaseUp(context: AppContext): Promise<boolean> {
  const answer = takesWrites(context).catch(() => false);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, answerWithinMs, false);
  });
  const isUp = await Promise.race([answer, late]);
  clearTimeout(timer);
  return isUp;
}

/** The disk may be full while what is small still finds room: a server that was refused a write asks by one of some size. */
async function takesWrites(context: AppContext): Promise<boolean> {
  return (await isDatabaseWritable(context.db)) && (await context.db.hasRoom());
}

/**
 * Whether this server's heartbeat is really stored. The question about the database alone would not show a disk that is
 * full, or a loop that hangs. One that has not had its first turn yet is not late.
 */
export function isHeartbeatCurrent(statuses: readonly ControllerStatus[], now: Date): boolean {
  const status = statuses.find(({ name }) => name === heartbeatController);
  if (status === undefined || status.lastStartedAt === null) return true;
  return status.lastOutcome !== "error" && now.getTime() - Date.parse(status.lastStartedAt) < heartbeatLateMs;
}
