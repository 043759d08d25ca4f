import { useCallback, useState } from "react";
import type { AuditEntry } from "../../../contracts/api/audit.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import type { Column } from "../../components/data-table.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Listing } from "../../components/listing.tsx";
import { OlderPager } from "../../components/older-pager.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { Time } from "../../components/time.tsx";
import { parseSearchQuery, termOf } from "../../search/query-language.ts";
import { useUrlState } from "../../state/url-state.ts";

const searchKeys = ["action", "actor", "template", "workspace"] as const;
const pageSize = 100;

const columns: readonly Column<AuditEntry>[] = [
  { id: "action", header: "Action", cell: () => null },
  { id: "actor", header: "By", cell: ({ actor }) => actor ?? "the deployment" },
  { id: "target", header: "What", cell: ({ target }) => `${target.kind} ${target.name}` },
  { id: "reason", header: "Why", cell: ({ reason }) => reason ?? "–" },
  { id: "at", header: "When", cell: ({ at }) => <Time at={at} /> },
];

export default function AuditSection() {
  const [{ q = "", before = "" }, change] = useUrlState();
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const search = useCallback((text: string) => change({ q: text, before: "" }), [change]);
  const terms = parseSearchQuery(q, searchKeys);
  const asked = {
    limit: pageSize,
    ...Object.fromEntries(searchKeys.flatMap((key) => (termOf(terms, key) ? [[key, termOf(terms, key)]] : []))),
    ...(before === "" ? {} : { before }),
  };
  const list = useApi("listAudit", { key: keys.admin("audit", asked), input: { query: asked }, keepsPrevious: true });
  const next = list.data?.next ?? null;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField
          isMain
          label="Search the audit log"
          value={q}
          placeholder="action:workspace.stop actor:ann template:node"
          onChange={search}
        />
        <Button onClick={() => exportLines(list.data?.entries ?? [])}>Export this page</Button>
      </div>
      <Listing
        query={list}
        label="Audit log"
        columns={columns}
        rows={list.data?.entries}
        idOf={({ id }) => String(id)}
        nameOf={({ action }) => action}
        actionsOf={(entry) => <Button onClick={() => setShown(entry)}>Detail</Button>}
        empty={
          <EmptyState
            title="Nothing that was done matches."
            action={<Button onClick={() => search("")}>Clear filter</Button>}
          />
        }
      />
      <OlderPager next={next} />
      <Dialog
        isOpen={shown !== null}
        onClose={() => setShown(null)}
        title={shown?.action ?? ""}
        description={shown?.at}
      >
        <CodeBlock text={JSON.stringify(shown, null, 2)} label="detail" />
      </Dialog>
    </>
  );
}

/** A line of JSON for each entry, as a file. */
function exportLines(entries: readonly AuditEntry[]): void {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  const address = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "audit.jsonl";
  link.click();
  URL.revokeObjectURL(address);
}
