import { isDatabaseWritable } from "../../db/servers/doctor.ts";
import type { AppContext } from "../app-context.ts";

const answerWithinMs = 2_000;

/** Whether the database answers within two seconds, and takes writes: a server can do nothing with one that only reads. */
export async function isDatabaseUp(context: AppContext): Promise<boolean> {
  const answer = isDatabaseWritable(context.db).catch(() => false);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, answerWithinMs, false);
  });
  const isUp = await Promise.race([answer, late]);
  clearTimeout(timer);
  return isUp;
}
