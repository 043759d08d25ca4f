import type { Pool } from "../../contracts/api/prebuilds.ts";
import type { Output } from "./output.ts";
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
