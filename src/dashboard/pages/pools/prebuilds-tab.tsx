import type { PrebuildRow } from "../../../contracts/api/prebuilds.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { State } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import type { Tone } from "../../components/tone.ts";
import { useUrlState } from "../../state/url-state.ts";

const pageSize = 50;
const tones: Readonly<Record<PrebuildRow["state"], Tone>> = {
  building: "busy",
  starting: "busy",
  ready: "ok",
  claimed: "off",
  draining: "busy",
  deleted: "off",
  failed: "bad",
  stopping: "busy",
  parked: "warn",
};

const columns: readonly Column<PrebuildRow>[] = [
  { id: "name", header: "Prebuild", cell: ({ isExpired }) => (isExpired ? <Expired /> : null) },
  { id: "state", header: "State", cell: ({ state }) => <State tone={tones[state]}>{state}</State> },
  { id: "version", header: "Version", cell: ({ version }) => version },
  { id: "created", header: "Created", cell: ({ createdAt }) => <Time at={createdAt} /> },
  { id: "ready", header: "Ready since", cell: ({ readyAt }) => (readyAt === null ? "–" : <Time at={readyAt} />) },
  { id: "error", header: "Error", cell: ({ error }) => <span className="break-words">{error ?? ""}</span> },
];

/** The prebuilds themselves, those that have failed included. */
export function PrebuildsTab({ template, preset }: { readonly template: string; readonly preset: string }) {
  const [{ page = "1" }, change] = useUrlState();
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = { template, preset, limit: pageSize, offset: at * pageSize };
  const list = useApi("listPrebuilds", {
    key: [...keys.pool(`${template}/${preset}`), "prebuilds", query],
    input: { query },
    keepsPrevious: true,
  });
  if (list.error !== null && list.data === undefined) return <QueryFault query={list} />;
  if (list.data?.total === 0) {
    return <EmptyState title="There are no prebuilds.">The overview says why, and when there will be some.</EmptyState>;
  }
  return (
    <>
      <QueryFault query={list} />
      <DataTable
        label="Prebuilds"
        columns={columns}
        rows={list.data?.prebuilds}
        idOf={({ workspaceId }) => workspaceId}
        nameOf={({ name }) => name}
        addressOf={({ name }) => `/@prebuilds/${name}`}
        paging={{
          page: at,
          pageSize,
          total: list.data?.total ?? 0,
          onPage: (next) => change({ page: String(next + 1) }),
        }}
      />
    </>
  );
}

function Expired() {
  return <span className="ml-1.5 text-xs text-muted">expired</span>;
}
