import { useState } from "react";
import type { PrebuildStatus } from "../../../contracts/api/prebuilds.ts";
import { call } from "../../api/call.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Time } from "../../components/time.tsx";
import { useMe } from "../../shell/use-me.ts";
import { usePoolAct } from "./use-pool-act.ts";

/** Who has stopped the pools, and since when. */
export function SwitchBanner({ status }: { readonly status: PrebuildStatus }) {
  const { isEnabled, isOffByOption, disabledAt, disabledBy, isPaused, pausedAt, pausedBy } = status;
  if (isOffByOption) {
    return <Banner tone="warn">Prebuilds are off: the option `prebuilds.enabled` of this server says so.</Banner>;
  }
  if (!isEnabled) {
    return (
      <Banner tone="warn">
        Prebuilds are switched off{disabledBy === null ? "" : ` by ${disabledBy}`}
        {disabledAt === null ? null : (
          <>
            {" "}
            <Time at={disabledAt} />
          </>
        )}
        : each creation is built from nothing, and the pools stay as they are.
      </Banner>
    );
  }
  if (!isPaused) return null;
  return (
    <Banner tone="warn">
      Reconciliation is paused{pausedBy === null ? "" : ` by ${pausedBy}`}
      {pausedAt === null ? null : (
        <>
          {" "}
          <Time at={pausedAt} />
        </>
      )}
      : what is claimed is not replaced until it goes on.
    </Banner>
  );
}

/** Pauses the reconciler, or lets it go on. */
export function SwitchButton({ status: { isPaused } }: { readonly status: PrebuildStatus }) {
  const { data: me } = useMe();
  const [isAsking, setAsking] = useState(false);
  const act = usePoolAct(async () => await call(isPaused ? "resumePrebuilds" : "pausePrebuilds", {}));
  const because = me?.role === "administrator" ? undefined : "Only administrators pause reconciliation.";
  const verb = isPaused ? "Resume reconciliation" : "Pause reconciliation";
  return (
    <>
      <Button disabledBecause={because} onClick={() => setAsking(true)}>
        {verb}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={isPaused ? "Resume reconciliation?" : "Pause reconciliation?"}
        effect={
          isPaused
            ? "All pools of the deployment are brought to their size again."
            : "No pool of the deployment is refilled or shrunk until it is resumed. Claims go on while there is something ready."
        }
        verb={verb}
        isBusy={act.isPending}
        error={act.error}
        onConfirm={() => act.mutate(undefined, { onSuccess: () => setAsking(false) })}
      />
    </>
  );
}
