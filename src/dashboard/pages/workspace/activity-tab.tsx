import type { AuditEntry } from "../../../contracts/api/audit.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Listing } from "../../components/listing.tsx";
import { OlderPager } from "../../components/older-pager.tsx";
import { Time } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

const pageSize = 50;
const kinds = ["", "workspace.enter", "workspace.leave"] as const;
const kindWords: Readonly<Record<(typeof kinds)[number], string>> = {
  "": "Everything",
  "workspace.enter": "Who got in",
  "workspace.leave": "Who left",
};

const columns: readonly Column<AuditEntry>[] = [
  { id: "action", header: "What", cell: () => null },
  { id: "actor", header: "By", cell: ({ actor }) => actor ?? "the deployment" },
  { id: "why", header: "Why", cell: ({ reason, detail }) => reason ?? detailWords(detail) },
  { id: "at", header: "When", cell: ({ at }) => <Time at={at} /> },
];

/** Who did what to it, and who got into it. */
export default function ActivityTab({ workspace }: WorkspaceTabProps) {
  const [{ what = "", before = "" }, change] = useUrlState();
  const action = kinds.find((known) => known === what) ?? "";
  const query = {
    workspace: workspace.id,
    limit: pageSize,
    ...(action === "" ? {} : { action }),
    ...(before === "" ? {} : { before }),
  };
  const ref = `${workspace.owner}/${workspace.name}`;
  const list = useApi("listAudit", {
    key: [...keys.workspacePart(ref, "activity"), query],
    input: { query },
    keepsPrevious: true,
  });
  const next = list.data?.next ?? null;
  return (
    <Card title="Activity">
      <div role="group" aria-label="What is shown" className="mb-3 flex flex-wrap gap-2">
        {kinds.map((kind) => (
          <Button
            key={kind}
            aria-pressed={kind === action}
            kind={kind === action ? "plain" : "quiet"}
            onClick={() => change({ what: kind, before: "" })}
          >
            {kindWords[kind]}
          </Button>
        ))}
      </div>
      <Listing
        query={list}
        label="Activity"
        columns={columns}
        rows={list.data?.entries}
        idOf={({ id }) => String(id)}
        nameOf={({ action: done }) => actionWords(done)}
        empty={<EmptyState title="Nothing is known to have been done." />}
      />
      <OlderPager next={next} />
    </Card>
  );
}

const words: Readonly<Record<string, string>> = {
  "workspace.start": "Started",
  "workspace.stop": "Stopped",
  "workspace.delete": "Deleted",
  "workspace.dormant": "Set dormant",
  "workspace.wake": "Woken",
  "workspace.schedule": "Schedule changed",
  "workspace.extend": "Deadline moved",
  "workspace.share": "Shared",
  "workspace.unshare": "Taken back",
  "workspace.enter": "Got in",
  "workspace.leave": "Left",
  "workspace.link": "Link made",
  "workspace.rename": "Renamed",
};

const actionWords = (action: string): string => (Object.hasOwn(words, action) ? (words[action] ?? action) : action);

/** What the entry knows besides, in a line. */
function detailWords(detail: AuditEntry["detail"]): string {
  const told = Object.entries(detail).filter(([, value]) => value !== null && typeof value !== "object");
  return told.length === 0 ? "–" : told.map(([name, value]) => `${name} ${String(value)}`).join(", ");
}
