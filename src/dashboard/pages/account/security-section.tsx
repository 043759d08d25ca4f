import { type FormEvent, useState } from "react";
import { passwordLengthMax, passwordLengthMin } from "../../../contracts/limits.ts";
import { useCall } from "../../api/use-call.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { TextField } from "../../components/text-field.tsx";
import { basePath } from "../../state/server-facts.ts";

export default function SecuritySection() {
  return (
    <div className="grid max-w-2xl gap-4">
      <ChangePassword />
      <EndSessions />
    </div>
  );
}

function ChangePassword() {
  const change = useCall("changePassword", [["account"]]);
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const clear = (): void => {
      setCurrent("");
      setPassword("");
    };
    change.mutate({ body: { current, password } }, { onSuccess: clear });
  };
  return (
    <Card title="Password">
      <form onSubmit={submit}>
        <TextField
          label="Password now"
          type="password"
          value={current}
          onChange={setCurrent}
          required
          autoComplete="current-password"
        />
        <TextField
          label="New password"
          type="password"
          value={password}
          onChange={setPassword}
          required
          minLength={passwordLengthMin}
          maxLength={passwordLengthMax}
          autoComplete="new-password"
          hint={`At least ${passwordLengthMin} characters. Your other sessions end.`}
        />
        {change.error === null ? null : <ErrorState error={change.error} />}
        {change.data === undefined ? null : (
          <Banner tone="ok">The password is changed; {change.data.ended} other sessions ended.</Banner>
        )}
        <Button type="submit" kind="primary" isBusy={change.isPending}>
          Change password
        </Button>
      </form>
    </Card>
  );
}

function EndSessions() {
  const end = useCall("logoutAll");
  const [isAsking, setAsking] = useState(false);
  const [apiTokens, setApiTokens] = useState(false);
  return (
    <Card title="Sessions">
      <p className="mb-3 text-muted">Each place where you signed in has a session; they are listed with your tokens.</p>
      <Checkbox label="Revoke my API tokens too" isChecked={apiTokens} onChange={setApiTokens} />
      <Button onClick={() => setAsking(true)}>End all sessions…</Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title="End all your sessions?"
        effect="You are signed out everywhere, here too, and what you have open ends."
        verb="End all sessions"
        isDestructive
        isBusy={end.isPending}
        error={end.error}
        onConfirm={() =>
          end.mutate({ body: { apiTokens } }, { onSuccess: () => location.assign(`${basePath}/sign-in`) })
        }
      />
    </Card>
  );
}
