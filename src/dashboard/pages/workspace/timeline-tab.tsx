import type { Build, Workspace } from "../../../contracts/api/workspaces.ts";
import { isJobFinished, type JobStatus } from "../../../contracts/states.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { State } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import type { Tone } from "../../components/tone.ts";
import { useUrlState } from "../../state/url-state.ts";
import { BuildTimeline, tookWords } from "./build-timeline.tsx";
import { Estimate } from "./estimate.tsx";
import { missWords } from "./miss-words.ts";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

const pageSize = 20;
/** While it goes on, its phases are asked for this often. */
const busyPollMs = 2_000;

const tones: Readonly<Record<JobStatus, Tone>> = {
  pending: "busy",
  running: "busy",
  canceling: "busy",
  succeeded: "ok",
  failed: "bad",
  canceled: "warn",
};

const columns: readonly Column<Build>[] = [
  { id: "number", header: "Build", cell: ({ transition }) => <span className="ml-2">{transition}</span> },
  { id: "status", header: "Ended", cell: ({ status }) => <State tone={tones[status]}>{status}</State> },
  { id: "by", header: "By", cell: ({ initiator }) => initiator },
  { id: "version", header: "Version", cell: ({ templateVersion }) => templateVersion },
  { id: "took", header: "Took", cell: tookOf },
  {
    id: "why",
    header: "Why",
    cell: ({ reason, error, errorCode }) => (
      <span className="break-words">{error === null ? reason : `${error} (${errorCode ?? ""})`}</span>
    ),
  },
  { id: "at", header: "Asked for", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

/** How it came to be, and what each build took: the phases are those of the build that is chosen, of no other. */
export default function TimelineTab({ workspace }: WorkspaceTabProps) {
  const [{ build = "", page = "1" }, change] = useUrlState();
  const ref = `${workspace.owner}/${workspace.name}`;
  const { latestBuild } = workspace;
  const number = Number.parseInt(build, 10) || latestBuild.number;
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const chosen = useApi("getBuild", {
    key: keys.workspacePart(ref, `build ${number}`),
    input: { params: { workspace: workspace.id, number } },
    everyMs: (last) => (last !== undefined && !isJobFinished(last.build.status) ? busyPollMs : undefined),
  });
  const query = { limit: pageSize, offset: at * pageSize };
  const builds = useApi("listBuilds", {
    key: [...keys.workspacePart(ref, "builds"), query],
    input: { params: { workspace: workspace.id }, query },
    keepsPrevious: true,
  });
  const isUnderWay = number === latestBuild.number && !isJobFinished(latestBuild.status);
  return (
    <div className="grid gap-4">
      <Origin workspace={workspace} />
      <Card title={`Build ${number}${chosen.data === undefined ? "" : `: ${chosen.data.build.transition}`}`}>
        {isUnderWay ? <Estimate workspace={workspace} /> : null}
        <QueryFault query={chosen} />
        {chosen.data === undefined ? (
          chosen.error === null ? (
            <Skeleton lines={3} />
          ) : null
        ) : (
          <BuildTimeline detail={chosen.data} workspace={workspace} />
        )}
      </Card>
      <Card title="Builds">
        <QueryFault query={builds} />
        <DataTable
          label="Builds"
          columns={columns}
          rows={builds.data?.builds}
          idOf={({ id }) => id}
          nameOf={(one) => String(one.number)}
          paging={{
            page: at,
            pageSize,
            total: builds.data?.total ?? 0,
            onPage: (next) => change({ page: String(next + 1) }),
          }}
          actionsOf={(one) => (
            <Button
              aria-label={`Show build ${one.number}`}
              disabledBecause={one.number === number ? "It is shown." : undefined}
              onClick={() => change({ build: one.number === latestBuild.number ? "" : String(one.number) })}
            >
              Show
            </Button>
          )}
        />
      </Card>
    </div>
  );
}

function tookOf({ createdAt, completedAt }: Build): string {
  return completedAt === null ? "–" : tookWords(Date.parse(completedAt) - Date.parse(createdAt));
}

/** Whether a prebuild served its creation, and why not: for as long as the workspace is there. */
function Origin({ workspace }: { readonly workspace: Workspace }) {
  const { id, owner, name, claimedAt, createdAt, isPrebuild } = workspace;
  const first = useApi("getBuild", {
    key: keys.workspacePart(`${owner}/${name}`, "first build"),
    input: { params: { workspace: id, number: 1 } },
    isEnabled: claimedAt === null && !isPrebuild,
  });
  const missReason = first.data?.build.missReason;
  if (isPrebuild) return null;
  return (
    <Card title="How it came to be">
      <p className="flex flex-wrap items-center gap-2">
        {claimedAt === null ? <State tone="off">built cold</State> : <State tone="ok">claimed</State>}
        <span>
          {claimedAt === null
            ? missReason === undefined
              ? "It was built for you."
              : `It was built for you: ${missWords(missReason)}`
            : "A ready prebuild was handed over."}
        </span>
        <span className="text-muted">
          <Time at={claimedAt ?? createdAt} />
        </span>
      </p>
      <QueryFault query={first} />
    </Card>
  );
}
