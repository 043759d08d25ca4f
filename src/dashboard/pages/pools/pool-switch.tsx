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

interface Switch {
  readonly verb: string;
  /** What is so afterwards. */
  readonly effect: string;
  readonly route: "resumePrebuilds" | "pausePrebuilds" | "enablePrebuilds" | "disablePrebuilds";
  /** Why nobody can turn it now. */
  readonly because?: string | undefined;
}

/** Pauses the reconciler and switches prebuilds off, or lets them go on: both are of the whole deployment. */
export function PoolSwitches({ status }: { readonly status: PrebuildStatus }) {
  const { isEnabled, isOffByOption, isPaused } = status;
  const pause: Switch = isPaused
    ? {
        verb: "Resume reconciliation",
        effect: "All pools of the deployment are brought to their size again.",
        route: "resumePrebuilds",
      }
    : {
        verb: "Pause reconciliation",
        effect:
          "No pool of the deployment is refilled or shrunk until it is resumed. Claims go on while there is something ready.",
        route: "pausePrebuilds",
      };
  const ready = status.totals?.eligible ?? 0;
  const off: Switch = isEnabled
    ? {
        verb: "Switch prebuilds off",
        effect: `${ready === 1 ? "The prebuild that is" : `The ${ready} prebuilds that are`} ready, and all others, stay as they are and are handed to nobody: each creation is built from nothing until prebuilds are on again.`,
        route: "disablePrebuilds",
      }
    : {
        verb: "Switch prebuilds on",
        effect: "Prebuilds are handed over again, and all pools of the deployment are brought to their size.",
        route: "enablePrebuilds",
        because: isOffByOption ? "The option `prebuilds.enabled` of this server keeps them off." : undefined,
      };
  return (
    <>
      <SwitchButton turned={pause} />
      <SwitchButton turned={off} />
    </>
  );
}

function SwitchButton({ turned: { verb, effect, route, because } }: { readonly turned: Switch }) {
  const { data: me } = useMe();
  const [isAsking, setAsking] = useState(false);
  const act = usePoolAct(async () => await call(route, {}));
  const refusal =
    me?.role === "administrator" ? because : "Only administrators do this: it is of the whole deployment.";
  return (
    <>
      <Button disabledBecause={refusal} onClick={() => setAsking(true)}>
        {verb}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`${verb}?`}
        effect={effect}
        verb={verb}
        isBusy={act.isPending}
        error={act.error}
        onConfirm={() => act.mutate(undefined, { onSuccess: () => setAsking(false) })}
      />
    </>
  );
}
