import type { Pool } from "../../contracts/api/prebuilds.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";
import { relativeTime } from "./time-text.ts";

/** `backoff ×2 until 2030-01-01 14:03 (in 2 min)`, one for each reason. */
export function heldText(pool: Pool, now: Date): string {
  const held = pool.held.map(({ reason, count, until }) => {
    const when = until === null ? "" : ` until ${until.slice(0, 16).replace("T", " ")} (${relativeTime(until, now)})`;
    return `${reason} ×${count}${when}`;
  });
  const health =
    pool.health === "healthy" || pool.held.some(({ reason }) => reason === pool.health) ? [] : [pool.health];
  return [...health, ...held].join("; ") || "–";
}

export function renderPools(pools: readonly Pool[], output: Output, now: Date): string {
  const number = (title: string, count: (pool: Pool) => number) =>
    ({ title, cell: (pool: Pool) => String(count(pool)), align: "right" }) as const;
  return output.table(pools, [
    { title: "TEMPLATE", cell: ({ template, isActive }) => (isActive ? template : `${template} (inactive)`) },
    { title: "PRESET", cell: ({ preset }) => preset },
    number("DESIRED", ({ desired }) => desired),
    number("ACTUAL", ({ actual }) => actual),
    number("ELIGIBLE", ({ eligible }) => eligible),
    number("EXPIRED", ({ expired }) => expired),
    number("STARTING", ({ starting }) => starting),
    number("DELETING", ({ deleting }) => deleting),
    number("FAILED", ({ failed }) => failed),
    {
      title: "HELD",
      cell: (pool) => heldText(pool, now),
      paint: (text) => (text === "–" ? text : output.paint.yellow(text)),
    },
  ]);
}

/** Why pools are held or short, a line for each cause, with the command that shows the rest. */
export function causeLines(pools: readonly Pool[]): readonly string[] {
  return pools.flatMap((pool) => {
    const { template, preset, held, lastFailure, eligible, desired } = pool;
    const name = `${template}/${preset}`;
    const rest = lastFailure === undefined ? "" : ` (\`${lastFailure.command}\` shows the rest)`;
    const isToldOnce = ({ reason }: Pool["held"][number]): boolean => reason !== "paused" && reason !== "disabled";
    const reasons = held
      .filter(isToldOnce)
      .map(({ reason, detail }) => `${name}: ${reason}: ${printable(detail)}${rest}`);
    if (reasons.length > 0 || lastFailure === undefined || eligible >= desired) return reasons;
    return [`${name}: the newest failure: ${printable(lastFailure.error)}${rest}`];
  });
}
