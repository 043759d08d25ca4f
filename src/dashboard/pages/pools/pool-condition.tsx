import type { Pool } from "../../../contracts/api/prebuilds.ts";
import type { poolConditions } from "../../../contracts/states.ts";
import { State } from "../../components/state.tsx";
import type { Tone } from "../../components/tone.ts";
import { Time } from "../../components/time.tsx";

type Condition = (typeof poolConditions)[number];

const tones: Readonly<Record<Condition, Tone>> = {
  limited: "bad",
  held: "warn",
  filling: "busy",
  healthy: "ok",
  off: "off",
};

/** How a pool is, in a word, and until when it is held back. */
export function PoolCondition({ pool }: { readonly pool: Pool }) {
  const { condition, held } = pool;
  const first = held[0];
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      {condition === undefined ? null : <State tone={tones[condition]}>{condition}</State>}
      {first === undefined ? null : (
        <span className="text-xs text-muted">
          {first.detail === "" ? first.reason.replaceAll("_", " ") : first.detail}
          {first.until === null ? null : (
            <>
              {", until "}
              <Time at={first.until} />
            </>
          )}
        </span>
      )}
    </span>
  );
}

export const poolAddress = ({ template, preset }: Pick<Pool, "template" | "preset">): string =>
  `/pools/${encodeURIComponent(template)}/${encodeURIComponent(preset)}`;
