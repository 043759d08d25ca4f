import { parseDurationMs } from "../platform/config/duration.ts";
import type { CommandInput } from "./command-input.ts";

/** A moment as it was asked for; only when the command runs is it known which one that is. */
export type Moment = { readonly agoMs: number } | { readonly at: Date };

const dateMax = Date.parse("9999-12-31T23:59:59.999Z");

/** `2h` stands for two hours ago, `2030-01-31` for midnight in UTC; an instant may be as exact as one likes. */
export function readMoment(input: CommandInput, flag: string): Moment | undefined {
  const value = input.text(flag);
  if (value === undefined) return undefined;
  const agoMs = parseDurationMs(value);
  if (agoMs !== undefined && agoMs >= 0) return { agoMs };
  const at = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value)
    ? Date.parse(value)
    : NaN;
  if (at >= 0 && at <= dateMax) return { at: new Date(at) };
  return input.refuse(
    `--${flag} is "${value}"; it must be so long ago, such as 30m, 8h or 7d, a date such as 2030-01-31, or an instant ` +
      "such as 2030-01-31T09:00Z.",
  );
}

export function instantOf(moment: Moment, now: Date): string {
  const at = "at" in moment ? moment.at : new Date(Math.max(0, now.getTime() - moment.agoMs));
  return at.toISOString();
}
