import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { passwordLengthMax, passwordLengthMin } from "../../../contracts/limits.ts";
import type { ApiError } from "../../api/api-error.ts";
import { call } from "../../api/call.ts";
import { Button } from "../../components/button.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { TextField } from "../../components/text-field.tsx";
import { basePath } from "../../state/server-facts.ts";
import { useUrlState } from "../../state/url-state.ts";
import { passwordStrength } from "./password-strength.ts";

/** The administrator's first password, with the secret of the one-time link; signs in with it and goes on. */
export default function FirstRunPage() {
  usePageTitle("First run");
  const [params] = useUrlState();
  // In the fragment it is never sent to a server or a log; the query is read as well.
  const secret = location.hash.slice(1) || (params["secret"] ?? "");
  return (
    <div className="mx-auto mt-[8vh] max-w-96">
      <h1 className="mb-2 text-xl font-semibold">Welcome to Prewarm</h1>
      <p className="mb-6 text-muted">
        Choose the password of the administrator, <b className="text-text">admin</b>.
      </p>
      <PasswordForm secret={secret} />
    </div>
  );
}

function PasswordForm({ secret }: { readonly secret: string }) {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const setUp = useMutation<void, ApiError>({
    mutationFn: async () => {
      const { username } = await call("setUp", { body: { secret, password } });
      await call("login", { body: { username, password } });
    },
    onSuccess: () => location.replace(`${basePath}/workspaces`),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (password === again && !setUp.isPending) setUp.mutate();
  };
  const strength = passwordStrength(password);
  const texts = { type: "password", autoComplete: "new-password", required: true } as const;
  return (
    <form onSubmit={submit}>
      <input type="text" name="username" autoComplete="username" value="admin" readOnly hidden />
      <TextField
        {...texts}
        label="Password"
        value={password}
        onChange={setPassword}
        minLength={passwordLengthMin}
        maxLength={passwordLengthMax}
        hint={`At least ${passwordLengthMin} characters. ${password === "" ? "" : strength.words}`}
      />
      <ProgressBar label="Strength of the password" share={strength.share} />
      <div className="mt-4">
        <TextField
          {...texts}
          label="Once more"
          value={again}
          onChange={setAgain}
          error={again !== "" && again !== password ? "The two passwords differ." : undefined}
        />
      </div>
      {setUp.error === null ? null : <ErrorState error={setUp.error} />}
      <Button type="submit" kind="primary" isBusy={setUp.isPending} className="mt-4 w-full">
        Set the password
      </Button>
    </form>
  );
}
