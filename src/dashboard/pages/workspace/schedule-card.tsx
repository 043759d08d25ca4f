import { type FormEvent, useState } from "react";
import type { WorkspaceSchedule } from "../../../contracts/api/schedules.ts";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { TextField } from "../../components/text-field.tsx";
import { durationWords } from "../../components/time-words.ts";
import { Time } from "../../components/time.tsx";
import { showToast } from "../../components/toasts.ts";
import { WeekOfForm } from "./week-card.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** When it is started, stopped, put away and deleted by itself. */
export function ScheduleCard({ workspace, me }: WorkspaceTabProps) {
  const found = useApi("getWorkspaceSchedule", {
    key: keys.workspacePart(`${workspace.owner}/${workspace.name}`, "schedule"),
    input: { params: { workspace: workspace.id } },
    isEnabled: !workspace.isPrebuild,
  });
  return (
    <Card title="Schedule">
      {workspace.isPrebuild ? (
        <p className="text-muted">An unclaimed prebuild has none: its pool looks after it.</p>
      ) : null}
      <QueryFault query={found} />
      {found.data === undefined ? (
        found.error === null && !workspace.isPrebuild ? (
          <Skeleton lines={5} />
        ) : null
      ) : (
        <>
          <What schedule={found.data} />
          {/* Another schedule is another form: what was typed is kept while it is the same. */}
          <ScheduleForm
            key={`${found.data.ttlMs} ${found.data.autostartSchedule}`}
            workspace={workspace}
            me={me}
            schedule={found.data}
          />
        </>
      )}
    </Card>
  );
}

const never = "never";
const at = (instant: string | null) => (instant === null ? never : <Time at={instant} />);

function What({ schedule }: { readonly schedule: WorkspaceSchedule }) {
  const { nextAutostartAt, deadlineAt, maxDeadlineAt, becomesDormantAt, dormantAt, deletingAt } = schedule;
  return (
    <div className="mb-4">
      <KeyValue
        rows={[
          ["Started next", at(nextAutostartAt)],
          ["Stopped", at(deadlineAt)],
          ...(maxDeadlineAt === null ? [] : [["At the latest", at(maxDeadlineAt)] as const]),
          dormantAt === null ? ["Dormant", at(becomesDormantAt)] : ["Dormant since", at(dormantAt)],
          ["Deleted", at(deletingAt)],
        ]}
      />
    </div>
  );
}

const hoursText = (ttlMs: number | null): string => (ttlMs === null ? "" : String(Number((ttlMs / hourMs).toFixed(2))));

function ScheduleForm({ workspace, me, schedule }: WorkspaceTabProps & { readonly schedule: WorkspaceSchedule }) {
  const { policy } = schedule;
  const [hours, setHours] = useState(hoursText(schedule.ttlMs));
  const [cron, setCron] = useState(schedule.autostartSchedule ?? "");
  const change = useCall("setWorkspaceSchedule", [["workspace"], ["workspaces"]]);
  const ttlMs = hours.trim() === "" ? null : Math.round((Number(hours) * hourMs) / minuteMs) * minuteMs;
  const autostartSchedule = cron.trim() === "" ? null : cron.trim();
  // What was not touched is not sent: a template that became stricter does not keep anybody from changing the rest.
  const changed = {
    ...(hours === hoursText(schedule.ttlMs) ? {} : { ttlMs }),
    ...(autostartSchedule === schedule.autostartSchedule ? {} : { autostartSchedule }),
  };
  const because =
    refusalOf("schedule", workspace, me) ?? (Object.keys(changed).length === 0 ? "Nothing is changed." : undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (because !== undefined || change.isPending) return;
    const told = (): void => showToast({ tone: "ok", text: `The schedule of ${workspace.name} is changed.` });
    // Not as an option of `mutate`, which is let go with this form: the news may bring another one before the answer comes.
    change.mutateAsync({ params: { workspace: workspace.id }, body: changed }).then(told, () => undefined);
  };
  const most = policy.maxTtlMs === null ? "" : ` The template allows ${durationWords(policy.maxTtlMs)} at most.`;
  return (
    <form onSubmit={submit}>
      <TextField
        label="Stop it after, in hours"
        hint={`From its start, unless it is used; empty: never. Of one that runs, the time begins anew.${most}`}
        type="number"
        min={0.02}
        step="any"
        value={hours}
        onChange={setHours}
      />
      <TextField
        label="Start it at"
        hint={
          policy.isAutostartAllowed
            ? `MINUTE HOUR DAY MONTH WEEKDAY ZONE, for example 0 8 * * 1-5 Europe/Berlin; empty: never. Days allowed: ${policy.autostartDays.join(", ")}.`
            : "The template allows no start by itself."
        }
        value={cron}
        onChange={setCron}
        autoComplete="off"
        spellCheck={false}
      />
      {change.error === null ? null : <ErrorState error={change.error} />}
      <Button type="submit" disabledBecause={because} isBusy={change.isPending}>
        Save schedule
      </Button>
      <WeekOfForm {...{ workspace, autostartSchedule, ttlMs }} />
    </form>
  );
}
