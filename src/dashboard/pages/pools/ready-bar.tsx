import type { Pool } from "../../../contracts/api/prebuilds.ts";

/** Ready against wanted, and those that are on their way, as a bar with its figures. */
export function ReadyBar({ pool }: { readonly pool: Pool }) {
  const { eligible, desired, starting } = pool;
  const whole = Math.max(desired, eligible + starting, 1);
  const percent = (count: number): string => `${(100 * count) / whole}%`;
  const text = `${eligible} of ${desired} ready${starting === 0 ? "" : `, ${starting} starting`}`;
  return (
    <span className="inline-flex items-center gap-2">
      <span aria-hidden className="flex h-2 w-20 overflow-hidden rounded-full bg-pressed forced-colors:border">
        <span style={{ width: percent(eligible) }} className="bg-accent forced-colors:bg-[Highlight]" />
        <span style={{ width: percent(starting) }} className="bg-line-strong" />
      </span>
      <span className="tabular-nums">{text}</span>
    </span>
  );
}
