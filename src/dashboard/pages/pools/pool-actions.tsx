import { Ellipsis, Eraser, Play, RefreshCw, Scaling } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Pool } from "../../../contracts/api/prebuilds.ts";
import { publishRefusal } from "../../../contracts/template-roles.ts";
import { call } from "../../api/call.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu, type MenuItem } from "../../components/menu.tsx";
import { useMe } from "../../shell/use-me.ts";
import { ChangeSize } from "./change-size.tsx";
import { usePoolAct } from "./use-pool-act.ts";

interface Act {
  readonly verb: string;
  readonly icon: ReactNode;
  readonly effect: (pool: Pool) => string;
  /** Why there is nothing to do; undefined where there is. */
  readonly because: (pool: Pool) => string | undefined;
  readonly run: (pool: Pool) => Promise<unknown>;
}

const acts: readonly Act[] = [
  {
    verb: "Replace all prebuilds",
    icon: <RefreshCw size={15} />,
    effect: ({ actual }) =>
      `${actual === 1 ? "The prebuild that it has now is" : `The ${actual} prebuilds that it has now are`} marked as expired, and replaced one after the other. Claims go on.`,
    because: ({ actual }) => (actual === 0 ? "It has no prebuilds." : undefined),
    run: async ({ template, preset }) => await call("invalidatePrebuilds", { query: {}, body: { template, preset } }),
  },
  {
    verb: "Clean up",
    icon: <Eraser size={15} />,
    effect: ({ failed, parked }) => `${failed} failed and ${parked} parked prebuilds are deleted, with their logs.`,
    because: ({ failed, parked }) => (failed + parked === 0 ? "Nothing in it has failed or is parked." : undefined),
    run: async ({ template, preset }) => await call("cleanPrebuilds", { query: {}, body: { template, preset } }),
  },
  {
    verb: "Resume builds",
    icon: <Play size={15} />,
    effect: () => "Its earlier failures no longer count, and it builds prebuilds again.",
    because: ({ health }) => (health === "healthy" ? "It is not limited." : undefined),
    run: async ({ template, preset }) => await call("resumePool", { params: { template, preset }, query: {} }),
  },
];

/** What can be done about a pool. Each says what it will do, and stands there where it cannot be done as well. */
export function PoolActions({ pool }: { readonly pool: Pool }) {
  const { items, dialogs } = usePoolItems(pool);
  return (
    <>
      {items.map(({ label, disabledBecause, onSelect }) => (
        <Button key={label} disabledBecause={disabledBecause} onClick={onSelect}>
          {label}
        </Button>
      ))}
      {dialogs}
    </>
  );
}

/** The same in a row of the list. */
export function PoolRowActions({ pool }: { readonly pool: Pool }) {
  const { items, dialogs } = usePoolItems(pool);
  const label = `Actions of ${pool.template} / ${pool.preset}`;
  return (
    <>
      <Menu items={items} trigger={<IconButton label={label} icon={<Ellipsis size={16} />} />} />
      {dialogs}
    </>
  );
}

function usePoolItems(pool: Pool): { readonly items: readonly MenuItem[]; readonly dialogs: ReactNode } {
  const { data: me } = useMe();
  const [asks, setAsks] = useState<Act | "size" | null>(null);
  const refusal = me === undefined ? undefined : publishRefusal(me);
  const close = (): void => setAsks(null);
  return {
    items: [
      ...acts.map((act) => ({
        label: act.verb,
        icon: act.icon,
        disabledBecause: refusal ?? act.because(pool),
        onSelect: () => setAsks(act),
      })),
      { label: "Change size…", icon: <Scaling size={15} />, onSelect: () => setAsks("size") },
    ],
    dialogs:
      asks === "size" ? (
        <ChangeSize pool={pool} onClose={close} />
      ) : asks === null ? null : (
        <ConfirmAct act={asks} pool={pool} onClose={close} />
      ),
  };
}

interface ConfirmActProps {
  readonly act: Act;
  readonly pool: Pool;
  readonly onClose: () => void;
}

function ConfirmAct({ act, pool, onClose }: ConfirmActProps) {
  const running = usePoolAct(async () => await act.run(pool));
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`${act.verb} of ${pool.template} / ${pool.preset}?`}
      effect={act.effect(pool)}
      verb={act.verb}
      isBusy={running.isPending}
      error={running.error}
      onConfirm={() => running.mutate(undefined, { onSuccess: onClose })}
    />
  );
}
