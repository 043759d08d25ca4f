import { Plus } from "lucide-react";
import { useState } from "react";
import { secretNameLengthMax } from "../../../contracts/limits.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { Listing } from "../../components/listing.tsx";
import { TextField } from "../../components/text-field.tsx";
import { Time } from "../../components/time.tsx";

const refreshes = [["account"]];

/** Values go in and never come out. */
export default function SecretsSection() {
  const list = useApi("listSecrets", { key: keys.account("secrets"), input: { query: {} } });
  const remove = useCall("removeSecret", refreshes);
  const [isSetting, setSetting] = useState(false);
  const [removed, setRemoved] = useState<string | null>(null);
  const close = (): void => setRemoved(null);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <p className="text-muted">Their values are shown to nobody, not even to you.</p>
        <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setSetting(true)}>
          Set secret
        </Button>
      </div>
      <Listing
        query={list}
        label="Secrets"
        columns={[
          { id: "name", header: "Name", cell: () => null },
          {
            id: "where",
            header: "Who gets it",
            cell: ({ isEverywhere, templates }) =>
              isEverywhere ? "all your workspaces" : templates.join(", ") || "no workspace yet",
          },
          { id: "set", header: "Set", cell: ({ setAt }) => <Time at={setAt} /> },
        ]}
        rows={list.data?.secrets}
        idOf={({ name }) => name}
        nameOf={({ name }) => name}
        actionsOf={({ name }) => <Button onClick={() => setRemoved(name)}>Remove…</Button>}
        empty={<EmptyState title="You have no secrets." />}
      />
      {isSetting ? <SetSecret onClose={() => setSetting(false)} /> : null}
      <ConfirmDialog
        isOpen={removed !== null}
        onClose={close}
        title={`Remove ${removed ?? ""}?`}
        effect="Workspaces do not get it at their next start or hook. The value cannot be brought back."
        verb={`Remove ${removed ?? ""}`}
        isDestructive
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params: { secret: removed ?? "" }, query: {} }, { onSuccess: close })}
      />
    </>
  );
}

function SetSecret({ onClose }: { readonly onClose: () => void }) {
  const set = useCall("setSecret", refreshes);
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [template, setTemplate] = useState("");
  const [isEverywhere, setEverywhere] = useState(false);
  const where = { isEverywhere, ...(template === "" ? {} : { allow: [template] }) };
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Set a secret"
      verb="Set secret"
      error={set.error}
      isBusy={set.isPending}
      onSubmit={() =>
        set.mutate({ params: { secret: name }, query: {}, body: { value, ...where } }, { onSuccess: onClose })
      }
    >
      <TextField
        label="Name"
        value={name}
        onChange={setName}
        required
        maxLength={secretNameLengthMax}
        autoComplete="off"
      />
      <TextField label="Value" type="password" value={value} onChange={setValue} required autoComplete="off" />
      <TextField label="Template whose workspaces get it" value={template} onChange={setTemplate} autoComplete="off" />
      <Checkbox label="All my workspaces get it" isChecked={isEverywhere} onChange={setEverywhere} />
    </FormDialog>
  );
}
