import { type FormEvent, useEffect, useState } from "react";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { TextField } from "../../components/text-field.tsx";

export default function DotfilesSection() {
  const found = useApi("getDotfiles", { key: keys.account("dotfiles"), input: {} });
  const set = useCall("setDotfiles", [["account"]]);
  const clear = useCall("clearDotfiles", [["account"]]);
  const [repository, setRepository] = useState("");
  const stored = found.data?.repository ?? "";
  useEffect(() => setRepository(stored), [stored]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    set.mutate({ body: { repository } });
  };
  const error = set.error ?? clear.error;
  return (
    <Card title="Dotfiles" className="max-w-2xl">
      {found.error?.code === "not_found" ? null : <QueryFault query={found} />}
      <form onSubmit={submit}>
        <TextField
          label="Repository"
          value={repository}
          onChange={setRepository}
          required
          placeholder="https://git.example.org/ann/dotfiles"
          autoComplete="off"
          hint="Your workspaces fetch and run it once they are yours."
        />
        {error === null ? null : <ErrorState error={error} />}
        {set.data === undefined ? null : <Banner tone="ok">They are set.</Banner>}
        <div className="flex gap-2">
          <Button type="submit" kind="primary" isBusy={set.isPending}>
            Set dotfiles
          </Button>
          <Button
            disabledBecause={stored === "" ? "You have none." : undefined}
            isBusy={clear.isPending}
            onClick={() => clear.mutate({})}
          >
            Have none
          </Button>
        </div>
      </form>
    </Card>
  );
}
