import { Plus } from "lucide-react";
import { useState } from "react";
import type { DaemonKey } from "../../../contracts/api/daemon-keys.ts";
import type { DaemonView } from "../../../contracts/api/daemons.ts";
import { tokenNameLengthMax } from "../../../contracts/limits.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { Listing } from "../../components/listing.tsx";
import { ShownOnce } from "../../components/shown-once.tsx";
import { State } from "../../components/state.tsx";
import { TextField } from "../../components/text-field.tsx";
import { Time } from "../../components/time.tsx";

const refreshes = [["admin"]];
const tones = { connected: "ok", signed_off: "off", away: "bad" } as const;

const daemonColumns: readonly Column<DaemonView>[] = [
  { id: "name", header: "Daemon", cell: ({ version }) => <span className="block text-xs text-muted">{version}</span> },
  { id: "state", header: "State", cell: ({ state }) => <State tone={tones[state]}>{state.replace("_", " ")}</State> },
  { id: "drivers", header: "Drivers", cell: ({ drivers }) => drivers.join(", ") },
  {
    id: "tags",
    header: "Tags",
    cell: ({ tags }) =>
      Object.entries(tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(", ") || "–",
  },
  { id: "running", header: "Jobs", cell: ({ running, concurrency }) => `${running} of ${concurrency}` },
  { id: "workspaces", header: "Workspaces", cell: ({ workspaces }) => workspaces },
  { id: "seen", header: "Last heard", cell: ({ seenAt }) => <Time at={seenAt} /> },
];

const keyColumns: readonly Column<DaemonKey>[] = [
  { id: "name", header: "Key", cell: () => null },
  { id: "daemon", header: "Daemon", cell: ({ daemon }) => daemon ?? "the first that registers with it" },
  { id: "created", header: "Created", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function DaemonsSection() {
  const daemons = useApi("listDaemons", { key: keys.admin("daemons"), input: {} });
  const [forgotten, setForgotten] = useState<DaemonView | null>(null);
  const forget = useCall("forgetDaemon", refreshes);
  const close = (): void => setForgotten(null);
  return (
    <div className="grid gap-4">
      <Listing
        query={daemons}
        label="Daemons"
        columns={daemonColumns}
        rows={daemons.data?.daemons}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        actionsOf={(daemon) => (
          <Button
            disabledBecause={
              daemon.state === "connected"
                ? "It is connected."
                : daemon.workspaces > 0
                  ? `${daemon.workspaces} workspaces lie on its host.`
                  : undefined
            }
            onClick={() => setForgotten(daemon)}
          >
            Forget…
          </Button>
        )}
        empty={<EmptyState title="No daemon has ever registered." />}
      />
      <DaemonKeys />
      <ConfirmDialog
        isOpen={forgotten !== null}
        onClose={close}
        title={`Forget ${forgotten?.name ?? ""}?`}
        effect="It is not shown any more. When it comes back it registers again."
        verb={`Forget ${forgotten?.name ?? ""}`}
        isDestructive
        isBusy={forget.isPending}
        error={forget.error}
        onConfirm={() => forget.mutate({ params: { daemon: forgotten?.name ?? "" } }, { onSuccess: close })}
      />
    </div>
  );
}

function DaemonKeys() {
  const list = useApi("listDaemonKeys", { key: keys.admin("daemon keys"), input: {} });
  const [isCreating, setCreating] = useState(false);
  const [revoked, setRevoked] = useState<DaemonKey | null>(null);
  const revoke = useCall("revokeDaemonKey", refreshes);
  const close = (): void => setRevoked(null);
  return (
    <Card
      title="Keys of external daemons"
      actions={
        <Button icon={<Plus size={15} aria-hidden />} onClick={() => setCreating(true)}>
          Create key
        </Button>
      }
    >
      <Listing
        query={list}
        label="Daemon keys"
        columns={keyColumns}
        rows={list.data?.keys}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        actionsOf={(key) => <Button onClick={() => setRevoked(key)}>Revoke…</Button>}
        empty={<EmptyState title="There are no keys: only the servers' own daemons can register." />}
      />
      {isCreating ? <CreateDaemonKey onClose={() => setCreating(false)} /> : null}
      <ConfirmDialog
        isOpen={revoked !== null}
        onClose={close}
        title={`Revoke ${revoked?.name ?? ""}?`}
        effect="Daemons that use it are refused from their next call on."
        verb={`Revoke ${revoked?.name ?? ""}`}
        isDestructive
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoke.mutate({ params: { keyId: revoked?.id ?? "" } }, { onSuccess: close })}
      />
    </Card>
  );
}

function CreateDaemonKey({ onClose }: { readonly onClose: () => void }) {
  const create = useCall("createDaemonKey", refreshes);
  const [name, setName] = useState("");
  if (create.data !== undefined) return <ShownOnce what="daemon key" secret={create.data.secret} onClose={onClose} />;
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Create a daemon key"
      verb="Create key"
      error={create.error}
      isBusy={create.isPending}
      onSubmit={() => create.mutate({ body: { name } })}
    >
      <TextField
        label="Name"
        value={name}
        onChange={setName}
        required
        maxLength={tokenNameLengthMax}
        autoComplete="off"
      />
    </FormDialog>
  );
}
