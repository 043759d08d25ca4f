import { Plus } from "lucide-react";
import { useState } from "react";
import type { Delivery, Webhook } from "../../../contracts/api/notifications.ts";
import { webhookUrlLengthMax } from "../../../contracts/limits.ts";
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
import { TextField } from "../../components/text-field.tsx";
import { Time } from "../../components/time.tsx";
import { showToast } from "../../components/toasts.ts";

const refreshes = [["admin"]];

const webhookColumns: readonly Column<Webhook>[] = [
  { id: "name", header: "Webhook", cell: () => null },
  { id: "url", header: "Address", cell: ({ url }) => <span className="break-all">{url}</span> },
  { id: "kinds", header: "Kinds", cell: ({ kinds }) => (kinds.length === 0 ? "all" : kinds.join(", ")) },
];
const deliveryColumns: readonly Column<Delivery>[] = [
  { id: "subject", header: "Notification", cell: () => null },
  { id: "target", header: "Target", cell: ({ target, channel }) => `${channel} ${target ?? ""}` },
  { id: "attempts", header: "Attempts", cell: ({ attempts }) => attempts },
  { id: "error", header: "Last error", cell: ({ lastError }) => lastError ?? "–" },
  { id: "at", header: "Since", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function TargetsSection() {
  const list = useApi("listWebhooks", { key: keys.admin("webhooks"), input: {} });
  const [isCreating, setCreating] = useState(false);
  const [removed, setRemoved] = useState<Webhook | null>(null);
  const test = useCall("testWebhook", refreshes);
  const remove = useCall("removeWebhook", refreshes);
  const close = (): void => setRemoved(null);
  const tell = (name: string): void =>
    test.mutate(
      { params: { webhook: name } },
      {
        onSuccess: () => showToast({ tone: "ok", text: `A test is on its way to ${name}.` }),
        onError: ({ message }) => showToast({ tone: "bad", text: message }),
      },
    );
  return (
    <div className="grid gap-4">
      <Card
        title="Webhooks"
        actions={
          <Button icon={<Plus size={15} aria-hidden />} onClick={() => setCreating(true)}>
            Add webhook
          </Button>
        }
      >
        <Listing
          query={list}
          label="Webhooks"
          columns={webhookColumns}
          rows={list.data?.webhooks}
          idOf={({ id }) => id}
          nameOf={({ name }) => name}
          actionsOf={(webhook) => (
            <span className="inline-flex gap-1">
              <Button onClick={() => tell(webhook.name)}>Test</Button>
              <Button onClick={() => setRemoved(webhook)}>Remove…</Button>
            </span>
          )}
          empty={<EmptyState title="Notifications are posted nowhere." />}
        />
      </Card>
      <DeadLetters />
      {isCreating ? <CreateWebhook onClose={() => setCreating(false)} /> : null}
      <ConfirmDialog
        isOpen={removed !== null}
        onClose={close}
        title={`Remove ${removed?.name ?? ""}?`}
        effect="What was still to be delivered to it is dropped."
        verb={`Remove ${removed?.name ?? ""}`}
        isDestructive
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params: { webhook: removed?.name ?? "" } }, { onSuccess: close })}
      />
    </div>
  );
}

function DeadLetters() {
  const list = useApi("listDeliveries", { key: keys.admin("deliveries"), input: { query: {} } });
  const retry = useCall("retryDeliveries", refreshes);
  return (
    <Card
      title="Given up"
      actions={
        <Button
          disabledBecause={(list.data?.total ?? 0) === 0 ? "Nothing was given up." : undefined}
          isBusy={retry.isPending}
          onClick={() => retry.mutate({ body: {} })}
        >
          Try all again
        </Button>
      }
    >
      <Listing
        query={list}
        label="Deliveries that were given up"
        columns={deliveryColumns}
        rows={list.data?.deliveries}
        idOf={({ id }) => id}
        nameOf={({ subject }) => subject ?? "notification"}
        empty={<EmptyState title="Everything was delivered, or is being tried." />}
      />
    </Card>
  );
}

function CreateWebhook({ onClose }: { readonly onClose: () => void }) {
  const create = useCall("createWebhook", refreshes);
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  if (create.data !== undefined)
    return <ShownOnce what="signing secret" secret={create.data.secret} onClose={onClose} />;
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Add a webhook"
      verb="Add webhook"
      error={create.error}
      isBusy={create.isPending}
      onSubmit={() => create.mutate({ body: { name, url } })}
    >
      <TextField label="Name" value={name} onChange={setName} required maxLength={64} autoComplete="off" />
      <TextField
        label="Address"
        type="url"
        value={url}
        onChange={setUrl}
        required
        maxLength={webhookUrlLengthMax}
        autoComplete="off"
      />
    </FormDialog>
  );
}
