import { useState } from "react";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { FormDialog } from "../../components/form-dialog.tsx";
import { TextField } from "../../components/text-field.tsx";
import { useServerNow } from "../../components/time.tsx";
import { useExtend } from "../use-extend.ts";

const minuteMs = 60_000;

interface ExtendDialogProps {
  readonly workspace: Workspace;
  readonly onClose: () => void;
}

/** Moves the deadline to an instant of the reader's own clock. */
export function ExtendDialog({ workspace, onClose }: ExtendDialogProps) {
  const now = useServerNow();
  const extend = useExtend(workspace);
  const deadline = Math.max(now, Date.parse(workspace.deadlineAt ?? ""));
  const [until, setUntil] = useState(() => localText(deadline + 60 * minuteMs));
  const [fault, setFault] = useState<string>();
  const submit = (): void => {
    const byMs = Math.round((new Date(until).getTime() - deadline) / minuteMs) * minuteMs;
    if (!(byMs >= minuteMs)) return setFault("It is to be later than the deadline that it has.");
    setFault(undefined);
    extend.mutate(byMs, { onSuccess: onClose });
  };
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Let ${workspace.name} run longer`}
      description="As far as its template allows."
      verb={`Extend ${workspace.name}`}
      error={extend.error}
      isBusy={extend.isPending}
      onSubmit={submit}
    >
      <TextField label="Until" type="datetime-local" value={until} error={fault} onChange={setUntil} required />
    </FormDialog>
  );
}

/** As the browser's field takes it. */
function localText(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
