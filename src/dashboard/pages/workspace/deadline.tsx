import { useState } from "react";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { Button } from "../../components/button.tsx";
import { State } from "../../components/state.tsx";
import { absoluteTime, durationWords } from "../../components/time-words.ts";
import { useServerNow } from "../../components/time.tsx";
import { useExtend } from "../use-extend.ts";
import { ExtendDialog } from "./extend-dialog.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** With less than this left it is said so that nobody overlooks it. */
const warningMs = 30 * minuteMs;
const lastMinutesMs = 5 * minuteMs;

/** When it is stopped, how long that is, and what puts it off. Nothing where nothing stops it. */
export function Deadline({ workspace, me }: WorkspaceTabProps) {
  const now = useServerNow(1_000);
  const extend = useExtend(workspace);
  const [isAsking, setAsking] = useState(false);
  const { deadlineAt } = workspace;
  if (deadlineAt === null) return <p>{workspace.status === "running" ? "Nothing stops it by itself." : null}</p>;
  const leftMs = Math.max(0, Date.parse(deadlineAt) - now);
  // Under half a minute apart they would be read out all the time.
  const left = leftMs < minuteMs ? "less than a minute" : durationWords(leftMs - (leftMs % minuteMs));
  const because = refusalOf("extend", workspace, me);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {leftMs < warningMs ? (
        <span role="status">
          <State tone={leftMs < lastMinutesMs ? "bad" : "warn"}>{`Stops in ${left}`}</State>
        </span>
      ) : (
        <span>Stops in {left},</span>
      )}
      <time dateTime={deadlineAt}>{absoluteTime(Date.parse(deadlineAt))}</time>
      {[1, 4].map((hours) => (
        <Button
          key={hours}
          disabledBecause={because}
          isBusy={extend.isPending}
          onClick={() => extend.mutate(hours * hourMs)}
        >
          +{hours} h
        </Button>
      ))}
      <Button kind="quiet" disabledBecause={because} onClick={() => setAsking(true)}>
        Until…
      </Button>
      {isAsking ? <ExtendDialog workspace={workspace} onClose={() => setAsking(false)} /> : null}
    </div>
  );
}
