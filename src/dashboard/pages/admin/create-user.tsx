import { useState } from "react";
import { passwordLengthMax, passwordLengthMin, usernameLengthMax } from "../../../contracts/limits.ts";
import { useCall } from "../../api/use-call.ts";
import { FormDialog } from "../../components/form-dialog.tsx";
import { TextField } from "../../components/text-field.tsx";
import { type RoleChoice, roleBody } from "./role-choices.ts";
import { RoleSelect } from "./role-select.tsx";

export function CreateUser({ onClose }: { readonly onClose: () => void }) {
  const create = useCall("createUser", [["admin"]]);
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<RoleChoice>("member");
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Create a user"
      description="He is a member of the default organization."
      verb="Create user"
      error={create.error}
      isBusy={create.isPending}
      onSubmit={() =>
        create.mutate(
          { body: { username, password, ...(email === "" ? {} : { email }), ...roleBody(role) } },
          { onSuccess: onClose },
        )
      }
    >
      <TextField
        label="User name"
        value={username}
        onChange={setUsername}
        required
        maxLength={usernameLengthMax}
        autoComplete="off"
      />
      <TextField label="E-mail" type="email" value={email} onChange={setEmail} autoComplete="off" />
      <TextField
        label="Password"
        type="password"
        value={password}
        onChange={setPassword}
        required
        minLength={passwordLengthMin}
        maxLength={passwordLengthMax}
        autoComplete="new-password"
        hint={`At least ${passwordLengthMin} characters.`}
      />
      <RoleSelect value={role} onChange={setRole} />
    </FormDialog>
  );
}
