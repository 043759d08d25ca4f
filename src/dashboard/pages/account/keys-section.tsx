import { useState } from "react";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { Listing } from "../../components/listing.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { TextField } from "../../components/text-field.tsx";
import { Time } from "../../components/time.tsx";

const refreshes = [["account"]];

export default function KeysSection() {
  return (
    <div className="grid gap-4">
      <LoginKeys />
      <OwnKey />
      <GitAccounts />
    </div>
  );
}

/** By which a person signs in at the SSH gateway. */
function LoginKeys() {
  const list = useApi("listLoginKeys", { key: keys.account("login keys"), input: { query: {} } });
  const add = useCall("addLoginKey", refreshes);
  const remove = useCall("removeLoginKey", refreshes);
  const [isAdding, setAdding] = useState(false);
  const [publicKey, setPublicKey] = useState("");
  const [removed, setRemoved] = useState<{ readonly id: string; readonly name: string } | null>(null);
  const close = (): void => setRemoved(null);
  return (
    <Card title="Login keys, for the SSH gateway" actions={<Button onClick={() => setAdding(true)}>Add key</Button>}>
      <Listing
        query={list}
        label="Login keys"
        columns={[
          { id: "name", header: "Name", cell: () => null },
          {
            id: "print",
            header: "Fingerprint",
            cell: ({ fingerprint }) => <code className="break-all">{fingerprint}</code>,
          },
          {
            id: "used",
            header: "Last used",
            cell: ({ lastUsedAt }) => (lastUsedAt === null ? "never" : <Time at={lastUsedAt} />),
          },
        ]}
        rows={list.data?.loginKeys}
        idOf={({ id }) => id}
        nameOf={({ name }) => name}
        actionsOf={(key) => <Button onClick={() => setRemoved(key)}>Remove…</Button>}
        empty={<EmptyState title="You have no login key." />}
      />
      <FormDialog
        isOpen={isAdding}
        onClose={() => setAdding(false)}
        title="Add a login key"
        verb="Add key"
        error={add.error}
        isBusy={add.isPending}
        onSubmit={() => add.mutate({ body: { publicKey } }, { onSuccess: () => setAdding(false) })}
      >
        <TextField
          label="Public key"
          value={publicKey}
          onChange={setPublicKey}
          required
          placeholder="ssh-ed25519 AAAA…"
          autoComplete="off"
        />
      </FormDialog>
      <ConfirmDialog
        isOpen={removed !== null}
        onClose={close}
        title={`Remove ${removed?.name ?? ""}?`}
        effect="Connections that were made with it end."
        verb={`Remove ${removed?.name ?? ""}`}
        isDestructive
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params: { loginKey: removed?.id ?? "" }, query: {} }, { onSuccess: close })}
      />
    </Card>
  );
}

/** The key that the workspaces of a person use. */
function OwnKey() {
  const found = useApi("getSshKey", { key: keys.account("ssh key"), input: {} });
  const create = useCall("createSshKey", refreshes);
  const rotate = useCall("rotateSshKey", refreshes);
  const hasNone = found.error?.code === "not_found";
  const error = create.error ?? rotate.error;
  return (
    <Card title="SSH key of your workspaces">
      {hasNone ? null : <QueryFault query={found} />}
      {error === null ? null : <ErrorState error={error} />}
      {hasNone ? (
        <EmptyState
          title="You have none."
          action={
            <Button isBusy={create.isPending} onClick={() => create.mutate({ query: {}, body: {} })}>
              Create key
            </Button>
          }
        />
      ) : found.data === undefined ? (
        found.error === null ? (
          <Skeleton lines={2} />
        ) : null
      ) : (
        <>
          <CodeBlock text={found.data.publicKey} label="public key" />
          <p className="my-2 text-muted">
            {found.data.isEverywhere
              ? "All your workspaces can use it."
              : found.data.templates.length === 0
                ? "No workspace can use it yet: `prewarm keys allow` says which."
                : `Workspaces of ${found.data.templates.join(", ")} can use it.`}
          </p>
          <Button isBusy={rotate.isPending} onClick={() => rotate.mutate({})}>
            Replace by a new key
          </Button>
        </>
      )}
    </Card>
  );
}

function GitAccounts() {
  const list = useApi("listGitAccounts", { key: keys.account("git"), input: { query: {} } });
  const unlink = useCall("unlinkGitAccount", refreshes);
  const [host, setHost] = useState<string | null>(null);
  const close = (): void => setHost(null);
  return (
    <Card title="Accounts at git hosts">
      <Listing
        query={list}
        label="Git accounts"
        columns={[
          { id: "host", header: "Host", cell: () => null },
          { id: "user", header: "As", cell: ({ username }) => username },
          {
            id: "state",
            header: "Token",
            cell: ({ refusedAt }) =>
              refusedAt === null ? (
                "taken"
              ) : (
                <>
                  refused <Time at={refusedAt} />
                </>
              ),
          },
        ]}
        rows={list.data?.accounts}
        idOf={({ host: one }) => one}
        nameOf={({ host: one }) => one}
        actionsOf={(account) => <Button onClick={() => setHost(account.host)}>Unlink…</Button>}
        empty={<EmptyState title="None is linked." />}
      />
      <ConfirmDialog
        isOpen={host !== null}
        onClose={close}
        title={`Unlink ${host ?? ""}?`}
        effect="Your workspaces can no longer fetch or push there as you."
        verb={`Unlink ${host ?? ""}`}
        isDestructive
        isBusy={unlink.isPending}
        error={unlink.error}
        onConfirm={() => unlink.mutate({ params: { host: host ?? "" }, query: {} }, { onSuccess: close })}
      />
    </Card>
  );
}
