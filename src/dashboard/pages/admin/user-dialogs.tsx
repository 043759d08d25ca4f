import { useState } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import { passwordLengthMax, passwordLengthMin, suspensionReasonLengthMax } from "../../../contracts/limits.ts";
import { useCall } from "../../api/use-call.ts";
import { Checkbox } from "../../components/checkbox.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { TextField } from "../../components/text-field.tsx";
import { type RoleChoice, roleBody } from "./role-choices.ts";
import { RoleSelect } from "./role-select.tsx";

export type UserAct = "role" | "password" | "sessions" | "suspend" | "delete";

interface ActProps {
  readonly user: User;
  readonly onClose: () => void;
}

const refreshes = [["admin"]];

export function UserDialog({ act, ...props }: ActProps & { readonly act: UserAct }) {
  switch (act) {
    case "role":
      return <ChangeRole {...props} />;
    case "password":
      return <SetPassword {...props} />;
    case "sessions":
      return <EndSessions {...props} />;
    case "suspend":
      return <Suspend {...props} />;
    case "delete":
      return <Delete {...props} />;
  }
}

function ChangeRole({ user, onClose }: ActProps) {
  const change = useCall("setRole", refreshes);
  const isTemplateAdmin = user.organizations.some(({ role }) => role === "template_admin");
  const current = user.role === "administrator" ? user.role : isTemplateAdmin ? "template_admin" : "member";
  const [role, setRole] = useState<RoleChoice>(current);
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Role of ${user.username}`}
      description="It holds at once, also in sessions that are open."
      verb="Change role"
      error={change.error}
      isBusy={change.isPending}
      onSubmit={() =>
        change.mutate({ params: { username: user.username }, body: roleBody(role) }, { onSuccess: onClose })
      }
    >
      <RoleSelect value={role} onChange={setRole} />
    </FormDialog>
  );
}

function SetPassword({ user, onClose }: ActProps) {
  const reset = useCall("resetPassword", refreshes);
  const [password, setPassword] = useState("");
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Password of ${user.username}`}
      description="All his sessions end; his API tokens go on."
      verb="Set password"
      error={reset.error}
      isBusy={reset.isPending}
      onSubmit={() => reset.mutate({ params: { username: user.username }, body: { password } }, { onSuccess: onClose })}
    >
      <TextField
        label="New password"
        type="password"
        value={password}
        onChange={setPassword}
        required
        minLength={passwordLengthMin}
        maxLength={passwordLengthMax}
        autoComplete="new-password"
      />
    </FormDialog>
  );
}

function EndSessions({ user, onClose }: ActProps) {
  const end = useCall("endUserSessions", refreshes);
  const [apiTokens, setApiTokens] = useState(false);
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`End the sessions of ${user.username}?`}
      description="He has to sign in again everywhere; what he has open ends at once."
      verb="End sessions"
      error={end.error}
      isBusy={end.isPending}
      onSubmit={() => end.mutate({ params: { username: user.username }, body: { apiTokens } }, { onSuccess: onClose })}
    >
      <Checkbox label="Revoke his API tokens too" isChecked={apiTokens} onChange={setApiTokens} />
    </FormDialog>
  );
}

function Suspend({ user, onClose }: ActProps) {
  const suspend = useCall("suspendUser", refreshes);
  const [reason, setReason] = useState("");
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Suspend ${user.username}?`}
      description="His sessions, terminals and tunnels end at once, his API tokens and keys are refused, and nothing is started for him. What he owns is kept."
      verb={`Suspend ${user.username}`}
      error={suspend.error}
      isBusy={suspend.isPending}
      onSubmit={() => suspend.mutate({ params: { username: user.username }, body: { reason } }, { onSuccess: onClose })}
    >
      <TextField
        label="Why"
        value={reason}
        onChange={setReason}
        required
        maxLength={suspensionReasonLengthMax}
        autoComplete="off"
      />
    </FormDialog>
  );
}

function Delete({ user, onClose }: ActProps) {
  const remove = useCall("deleteUser", refreshes);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete ${user.username}?`}
      effect="His sessions and tokens end at once, and his secrets and keys are removed. It is refused while he has workspaces. This cannot be taken back."
      verb={`Delete ${user.username}`}
      isDestructive
      typed={user.username}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { username: user.username } }, { onSuccess: onClose })}
    />
  );
}
