import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Group } from "../../../contracts/api/groups.ts";
import { allowanceMax, pageSizeMax } from "../../../contracts/limits.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { TextField } from "../../components/text-field.tsx";

const refreshes = [["admin"]];

interface EditGroupProps {
  /** Null: a new one. */
  readonly group: Group | null;
  readonly onClose: () => void;
}

export function EditGroup({ group, onClose }: EditGroupProps) {
  const create = useCall("createGroup", refreshes);
  const edit = useCall("editGroup", refreshes);
  const [name, setName] = useState(group?.name ?? "");
  const [allowance, setAllowance] = useState(String(group?.allowance ?? 0));
  const body = { allowance: Number(allowance) };
  const submit = (): void => {
    if (group === null) create.mutate({ query: {}, body: { name, ...body } }, { onSuccess: onClose });
    else edit.mutate({ params: { group: group.name }, query: {}, body }, { onSuccess: onClose });
  };
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={group === null ? "Create a group" : `Allowance of ${group.name}`}
      verb={group === null ? "Create group" : "Change allowance"}
      error={create.error ?? edit.error}
      isBusy={create.isPending || edit.isPending}
      onSubmit={submit}
    >
      {group === null ? (
        <TextField label="Name" value={name} onChange={setName} required maxLength={64} autoComplete="off" />
      ) : null}
      <TextField
        label="Allowance"
        type="number"
        min={0}
        max={allowanceMax}
        required
        value={allowance}
        onChange={setAllowance}
        hint="Cost units that each member has from it."
      />
    </FormDialog>
  );
}

export function GroupMembers({ group, onClose }: { readonly group: Group; readonly onClose: () => void }) {
  const params = { group: group.name };
  const query = { limit: pageSizeMax };
  const found = useApi("getGroup", { key: keys.admin("group", { ...params }), input: { params, query } });
  const add = useCall("addGroupMembers", refreshes);
  const remove = useCall("removeGroupMember", refreshes);
  const [username, setUsername] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate({ params, query: {}, body: { usernames: [username] } }, { onSuccess: () => setUsername("") });
  };
  const error = add.error ?? remove.error;
  const isOurs = group.kind !== "ordinary";
  return (
    <Dialog isOpen onClose={onClose} title={`Members of ${group.name}`}>
      {isOurs ? (
        <p className="mb-3 text-muted">Who is in this group follows from what it is.</p>
      ) : (
        <form onSubmit={submit}>
          <TextField label="User name" value={username} onChange={setUsername} required autoComplete="off" />
          <Button type="submit" isBusy={add.isPending}>
            Add member
          </Button>
        </form>
      )}
      {error === null ? null : <ErrorState error={error} />}
      <QueryFault query={found} />
      <ul aria-label="Members" className="mt-3 grid gap-1">
        {(found.data?.members ?? []).map((member) => (
          <li key={member.username} className="flex items-center justify-between gap-2">
            <span>{member.username}</span>
            <IconButton
              label={`Take ${member.username} out`}
              icon={<X size={14} />}
              disabledBecause={isOurs ? "Who is in this group follows from what it is." : undefined}
              onClick={() => remove.mutate({ params: { ...params, username: member.username }, query: {} })}
            />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
