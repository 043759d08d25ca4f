import { type FormEvent, useState } from "react";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { nameLengthMax } from "../../../contracts/limits.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { TextField } from "../../components/text-field.tsx";
import { showToast } from "../../components/toasts.ts";
import { useGoTo } from "../../state/url-state.ts";
import { workspaceAddress } from "../workspace-state.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** Another name for it. Its page has another address from then on. */
export function NameCard({ workspace, me }: WorkspaceTabProps) {
  const [name, setName] = useState(workspace.name);
  const rename = useCall("renameWorkspace", [["workspaces"]], ({ workspace: after, sentences }) =>
    showToast({ tone: "ok", text: [`It is called ${after.name} now.`, ...sentences].join(" ") }),
  );
  const goTo = useGoTo();
  const because =
    refusalOf("rename", workspace, me) ?? (name === workspace.name ? "It has this name already." : undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (because !== undefined || rename.isPending) return;
    rename.mutate(
      { params: { workspace: workspace.id }, body: { name } },
      // Where news of it came first the page has gone there by itself.
      { onSuccess: ({ workspace: after }) => goTo(`${workspaceAddress(after)}/settings`) },
    );
  };
  return (
    <Card title="Name">
      <form onSubmit={submit}>
        <TextField
          label="Name"
          hint="What its template makes of the name follows at its next build. Whoever has an address with the old one looks in vain."
          value={name}
          onChange={setName}
          maxLength={nameLengthMax}
          autoComplete="off"
          spellCheck={false}
          required
        />
        {rename.error === null ? null : <ErrorState error={rename.error} />}
        <Button type="submit" disabledBecause={because} isBusy={rename.isPending}>
          Rename
        </Button>
      </form>
    </Card>
  );
}
