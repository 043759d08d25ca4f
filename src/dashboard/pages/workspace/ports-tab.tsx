import { ExternalLink, Share2, Undo2 } from "lucide-react";
import { useState } from "react";
import type { App, ListeningPort, SharedApp } from "../../../contracts/api/apps.ts";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { type AskedQuery, QueryFault } from "../../components/query-fault.tsx";
import { Time } from "../../components/time.tsx";
import { Health } from "./app-health.tsx";
import { ShareDialog } from "./share-dialog.tsx";
import { shareWords } from "./share-words.ts";
import { UnshareDialog } from "./unshare-dialog.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** An app or a port, as far as this page treats them alike. */
interface Reached {
  /** As routes name it. */
  readonly ref: string;
  readonly name: string;
  readonly detail: string | null;
  readonly agent: string;
  readonly url: string | null;
  readonly share: App["share"];
  readonly shareExpiresAt: string | null;
  readonly maxShare: App["share"] | null;
  readonly app: App | null;
}

const ofApp = (app: App): Reached => ({
  ref: app.app,
  name: app.displayName || app.app,
  detail: app.command ?? (app.port === null ? app.socket : `port ${app.port}`),
  agent: app.agent,
  url: app.url,
  share: app.share,
  shareExpiresAt: app.shareExpiresAt,
  maxShare: app.maxShare,
  app,
});
const ofPort = ({ port, process, ...rest }: ListeningPort): Reached => ({
  ...rest,
  ref: String(port),
  name: `Port ${port}`,
  detail: process,
  maxShare: null,
  app: null,
});

const columns: readonly Column<Reached>[] = [
  {
    id: "name",
    header: "What",
    cell: ({ detail }) => (detail === null ? null : <span className="ml-2 text-xs text-muted">{detail}</span>),
  },
  {
    id: "health",
    header: "Health",
    cell: ({ app }) => (app === null || app.health === null ? "–" : <Health app={app} />),
  },
  {
    id: "share",
    header: "Open to",
    cell: ({ share, shareExpiresAt }) => (
      <>
        {shareWords[share]}
        {shareExpiresAt === null ? null : (
          <span className="text-muted">
            , ends <Time at={shareExpiresAt} />
          </span>
        )}
      </>
    ),
  },
  { id: "open", header: "Open", cell: ({ url, name }) => <Opening url={url} name={name} /> },
];

/** What listens in the workspace, who may open it, and how that is changed. */
export default function PortsTab({ workspace, me }: WorkspaceTabProps) {
  const ref = `${workspace.owner}/${workspace.name}`;
  const params = { workspace: workspace.id };
  const because = refusalOf("connect", workspace, me);
  const [asks, setAsks] = useState<{
    readonly kind: "share" | "unshare";
    readonly target: string;
    readonly agent?: string;
  } | null>(null);
  const apps = useApi("listApps", { key: keys.workspacePart(ref, "apps"), input: { params } });
  const ports = useApi("listPorts", {
    key: keys.workspacePart(ref, "ports"),
    input: { params, query: {} },
    isEnabled: because === undefined,
  });
  const query = { owner: workspace.owner, workspace: workspace.id, limit: 100 };
  const shares = useApi("listShares", { key: keys.workspacePart(ref, "shares"), input: { query } });
  const shown = (apps.data?.apps ?? []).filter(({ isHidden }) => !isHidden).map(ofApp);
  const listening = because === undefined ? (ports.data?.ports ?? []).map(ofPort) : [];
  const isLoading = apps.data === undefined && apps.error === null;
  const mayShare = me.username === workspace.owner ? undefined : `Only its owner, ${workspace.owner}, may share it.`;
  return (
    <>
      <Card
        title="Apps and ports"
        className="mb-4"
        actions={
          <Button
            icon={<Share2 size={14} aria-hidden />}
            disabledBecause={mayShare}
            onClick={() => setAsks({ kind: "share", target: "" })}
          >
            Share a port
          </Button>
        }
      >
        {because === undefined ? null : <p className="mb-2 text-muted">Ports are not seen now. {because}</p>}
        <QueryFault query={apps} />
        <QueryFault query={ports} />
        {apps.data !== undefined && shown.length + listening.length === 0 ? (
          <EmptyState title="Nothing listens in it.">
            What a program in it listens on is seen here as soon as it does, and is nobody else's until you share it.
          </EmptyState>
        ) : (
          <ReachedTable
            rows={isLoading ? undefined : [...shown, ...listening]}
            mayShare={mayShare}
            onShare={({ ref: target, agent }) => setAsks({ kind: "share", target, agent })}
          />
        )}
      </Card>
      <Shares
        query={shares}
        shares={shares.data?.shares}
        onTakeBack={({ app, agent }) => setAsks({ kind: "unshare", target: app, agent })}
      />
      {asks?.kind === "share" ? (
        <ShareDialog
          workspace={workspace}
          target={asks.target}
          agent={asks.agent}
          maxShare={shown.find((one) => one.ref === asks.target)?.maxShare ?? null}
          onClose={() => setAsks(null)}
        />
      ) : null}
      {asks?.kind === "unshare" ? (
        <UnshareDialog workspace={workspace} app={asks.target} agent={asks.agent} onClose={() => setAsks(null)} />
      ) : null}
    </>
  );
}

interface ReachedTableProps {
  readonly rows: readonly Reached[] | undefined;
  /** Why nothing may be shared; undefined where it may. */
  readonly mayShare: string | undefined;
  readonly onShare: (one: Reached) => void;
}

function ReachedTable({ rows, mayShare, onShare }: ReachedTableProps) {
  const reasonAgainst = ({ app }: Reached): string | undefined =>
    mayShare ?? (app === null || app.command === null ? undefined : "A command is not shared.");
  return (
    <DataTable
      label="Apps and ports"
      columns={columns}
      rows={rows}
      idOf={(one) => `${one.agent} ${one.ref}`}
      nameOf={({ name }) => name}
      actionsOf={(one) => (
        <Button disabledBecause={reasonAgainst(one)} onClick={() => onShare(one)}>
          Share…
        </Button>
      )}
    />
  );
}

interface SharesProps {
  readonly query: AskedQuery;
  readonly shares: readonly SharedApp[] | undefined;
  readonly onTakeBack: (shared: SharedApp) => void;
}

const sharedColumns: readonly Column<SharedApp>[] = [
  { id: "app", header: "App or port", cell: () => null },
  { id: "share", header: "Open to", cell: ({ share }) => shareWords[share] },
  { id: "since", header: "Since", cell: ({ sharedAt }) => <Time at={sharedAt} /> },
  { id: "ends", header: "Ends", cell: ({ expiresAt }) => (expiresAt === null ? "never" : <Time at={expiresAt} />) },
];

/** What is open to others than the template says, whether it listens or not. */
function Shares({ query, shares, onTakeBack }: SharesProps) {
  return (
    <Card title="Shared by you">
      <QueryFault query={query} />
      {shares === undefined && query.error !== null ? null : shares?.length === 0 ? (
        <p className="text-muted">Nothing is shared otherwise than the template says.</p>
      ) : (
        <DataTable
          label="Shares"
          columns={sharedColumns}
          rows={shares}
          idOf={({ app, agent }) => `${agent} ${app}`}
          nameOf={({ app }) => app}
          actionsOf={(shared) => (
            <Button icon={<Undo2 size={14} aria-hidden />} onClick={() => onTakeBack(shared)}>
              Take back
            </Button>
          )}
        />
      )}
    </Card>
  );
}

function Opening({ url, name }: { readonly url: string | null; readonly name: string }) {
  if (url === null || !/^https?:/.test(url)) {
    return <span className="text-xs text-muted">by prewarm open: this server has no domain for apps</span>;
  }
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex min-h-6 items-center gap-1 text-accent-text hover:underline"
    >
      Open
      <ExternalLink size={13} aria-hidden />
      <span className="sr-only">{name} (opens a new tab)</span>
    </a>
  );
}
