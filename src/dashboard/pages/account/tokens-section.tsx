import { Plus } from "lucide-react";
import { useState } from "react";
import type { Token } from "../../../contracts/api/identity.ts";
import { tokenLifetimeDaysMax, tokenNameLengthMax } from "../../../contracts/limits.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { Listing } from "../../components/listing.tsx";
import { ShownOnce } from "../../components/shown-once.tsx";
import { TextField } from "../../components/text-field.tsx";
import { Time } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";

const refreshes = [["account"]];
const pageSize = 50;
const daysUsual = 90;

const columns: readonly Column<Token>[] = [
  { id: "name", header: "Name", cell: () => null },
  { id: "kind", header: "Kind", cell: ({ kind }) => (kind === "api" ? "API token" : "session") },
  {
    id: "used",
    header: "Last used",
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? "never" : <Time at={lastUsedAt} />),
  },
  { id: "ends", header: "Ends", cell: ({ expiresAt }) => <Time at={expiresAt} /> },
];
const nameOf = ({ name, kind }: Token): string => (name === "" ? kind : name);

export default function TokensSection() {
  const [{ page = "1" }, change] = useUrlState();
  const [isCreating, setCreating] = useState(false);
  const [revoked, setRevoked] = useState<Token | null>(null);
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = { limit: pageSize, offset: at * pageSize };
  const list = useApi("listTokens", { key: keys.account("tokens", query), input: { query }, keepsPrevious: true });
  const revoke = useCall("revokeToken", refreshes);
  const close = (): void => setRevoked(null);
  const name = revoked === null ? "" : nameOf(revoked);
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setCreating(true)}>
          Create token
        </Button>
      </div>
      <Listing
        query={list}
        label="Sessions and tokens"
        columns={columns}
        rows={list.data?.tokens}
        idOf={({ id }) => id}
        nameOf={nameOf}
        paging={{
          page: at,
          pageSize,
          total: list.data?.total ?? 0,
          onPage: (next) => change({ page: String(next + 1) }),
        }}
        actionsOf={(token) => (
          <Button aria-label={`Revoke ${nameOf(token)}…`} onClick={() => setRevoked(token)}>
            Revoke…
          </Button>
        )}
        empty={<EmptyState title="There are none." />}
      />
      {isCreating ? <CreateToken onClose={() => setCreating(false)} /> : null}
      <ConfirmDialog
        isOpen={revoked !== null}
        onClose={close}
        title={`Revoke ${name}?`}
        effect="Whatever uses it is refused at once, and what it holds open ends."
        verb={`Revoke ${name}`}
        isDestructive
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoke.mutate({ params: { tokenId: revoked?.id ?? "" } }, { onSuccess: close })}
      />
    </>
  );
}

function CreateToken({ onClose }: { readonly onClose: () => void }) {
  const create = useCall("createToken", refreshes);
  const [name, setName] = useState("");
  const [days, setDays] = useState(String(daysUsual));
  if (create.data !== undefined) return <ShownOnce what="API token" secret={create.data.secret} onClose={onClose} />;
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Create an API token"
      description="It may do whatever you may."
      verb="Create token"
      error={create.error}
      isBusy={create.isPending}
      onSubmit={() => create.mutate({ body: { name, lifetimeDays: Number(days) } })}
    >
      <TextField
        label="Name"
        value={name}
        onChange={setName}
        required
        maxLength={tokenNameLengthMax}
        autoComplete="off"
      />
      <TextField
        label="Days until it ends"
        type="number"
        min={1}
        max={tokenLifetimeDaysMax}
        required
        value={days}
        onChange={setDays}
      />
    </FormDialog>
  );
}
