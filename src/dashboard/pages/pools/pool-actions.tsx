import { useState } from "react";
import type { Pool } from "../../../contracts/api/prebuilds.ts";
import type { User } from "../../../contracts/api/identity.ts";
import { publishRefusal } from "../../../contracts/template-roles.ts";
import { call } from "../../api/call.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { useMe } from "../../shell/use-me.ts";
import { ChangeSize } from "./change-size.tsx";
import { usePoolAct } from "./use-pool-act.ts";

interface Act {
  readonly verb: string;
  readonly effect: (pool: Pool) => string;
  /** Why there is nothing to do; undefined where there is. */
  readonly because: (pool: Pool) => string | undefined;
  readonly run: (pool: Pool) => Promise<unknown>;
}

const acts: readonly Act[] = [
  {
    verb: "Replace all prebuilds",
    effect: ({ actual }) =>
      `The ${actual} prebuilds that it has now are marked as expired, and replaced one after the other. Claims go on.`,
    because: ({ actual }) => (actual === 0 ? "It has no prebuilds." : undefined),
    run: async ({ template, preset }) => await call("invalidatePrebuilds", { query: {}, body: { template, preset } }),
  },
  {
    verb: "Clean up",
    effect: ({ failed, parked }) => `${failed} failed and ${parked} parked prebuilds are deleted, with their logs.`,
    because: ({ failed, parked }) => (failed + parked === 0 ? "Nothing in it has failed or is parked." : undefined),
    run: async ({ template, preset }) => await call("cleanPrebuilds", { query: {}, body: { template, preset } }),
  },
  {
    verb: "Resume builds",
    effect: () => "Its earlier failures no longer count, and it builds prebuilds again.",
    because: ({ health }) => (health === "healthy" ? "It is not limited." : undefined),
    run: async ({ template, preset }) => await call("resumePool", { params: { template, preset }, query: {} }),
  },
];

/** What can be done about a pool. Each says what it will do, and stands there where it cannot be done as well. */
export function PoolActions({ pool }: { readonly pool: Pool }) {
  const { data: me } = useMe();
  return (
    <>
      {acts.map((act) => (
        <PoolAct key={act.verb} act={act} pool={pool} me={me} />
      ))}
      <ChangeSize pool={pool} />
    </>
  );
}

interface PoolActProps {
  readonly act: Act;
  readonly pool: Pool;
  readonly me: User | undefined;
}

function PoolAct({ act, pool, me }: PoolActProps) {
  const [isAsking, setAsking] = useState(false);
  const running = usePoolAct(async () => await act.run(pool));
  const because = (me === undefined ? undefined : publishRefusal(me)) ?? act.because(pool);
  return (
    <>
      <Button disabledBecause={because} onClick={() => setAsking(true)}>
        {act.verb}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`${act.verb} of ${pool.template} / ${pool.preset}?`}
        effect={act.effect(pool)}
        verb={act.verb}
        isBusy={running.isPending}
        error={running.error}
        onConfirm={() => running.mutate(undefined, { onSuccess: () => setAsking(false) })}
      />
    </>
  );
}
