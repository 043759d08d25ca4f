import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { apiErrorOf, type ApiError } from "../api/api-error.ts";
import { call } from "../api/call.ts";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/text-field.tsx";

interface SignInFormProps {
  readonly onSignedIn: () => void;
  /** Who has to sign in; anybody unless said. */
  readonly username?: string;
}

export function SignInForm({ onSignedIn, username }: SignInFormProps) {
  const [name, setName] = useState(username ?? "");
  const [password, setPassword] = useState("");
  const [isCapsLock, setCapsLock] = useState(false);
  const signIn = useMutation<unknown, ApiError>({
    mutationFn: async () => await call("login", { body: { username: name.trim(), password } }),
    onSuccess: onSignedIn,
    onError: () => setPassword(""),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!signIn.isPending) signIn.mutate();
  };
  const noteCapsLock = (event: KeyboardEvent): void => setCapsLock(event.getModifierState("CapsLock"));
  const error = signIn.error === null ? undefined : apiErrorOf(signIn.error);
  return (
    <form onSubmit={submit}>
      <TextField
        label="User name"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        required
        autoFocus={username === undefined}
        readOnly={username !== undefined}
        value={name}
        onChange={setName}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        autoFocus={username !== undefined}
        value={password}
        onChange={setPassword}
        onKeyDown={noteCapsLock}
        onKeyUp={noteCapsLock}
        hint={isCapsLock ? "Caps Lock is on." : undefined}
        error={error === undefined ? undefined : `${error.message} ${error.next}`}
      />
      <Button type="submit" kind="primary" isBusy={signIn.isPending} className="w-full">
        Sign in
      </Button>
    </form>
  );
}
