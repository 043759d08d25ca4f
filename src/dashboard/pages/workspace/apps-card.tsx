import { ExternalLink } from "lucide-react";
import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { Health } from "./app-health.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** What listens in it: the template's apps, and what the person started himself. */
export function AppsCard({ workspace, me }: WorkspaceTabProps) {
  const ref = `${workspace.owner}/${workspace.name}`;
  const params = { workspace: workspace.id };
  const because = refusalOf("connect", workspace, me);
  const isOpen = because === undefined;
  const apps = useApi("listApps", { key: keys.workspacePart(ref, "apps"), input: { params } });
  const ports = useApi("listPorts", { key: keys.workspacePart(ref, "ports"), input: { params }, isEnabled: isOpen });
  const shown = (apps.data?.apps ?? []).filter(({ isHidden }) => !isHidden);
  const listening = isOpen ? (ports.data?.ports ?? []) : [];
  return (
    <Card title="Apps and ports">
      {isOpen ? null : <p className="mb-2 text-muted">{because}</p>}
      <QueryFault query={apps} />
      <QueryFault query={ports} />
      {apps.data !== undefined && shown.length + listening.length === 0 ? (
        <p className="text-muted">Nothing listens in it.</p>
      ) : null}
      <ul className="grid gap-2">
        {shown.map((app) => (
          <li key={`${app.agent} ${app.app}`} className="flex flex-wrap items-center gap-2">
            <Opening name={app.displayName || app.app} url={isOpen ? app.url : null} />
            {app.command === null ? null : <code className="text-xs">{app.command}</code>}
            <Health app={app} />
          </li>
        ))}
        {listening.map(({ port, process, url, agent }) => (
          <li key={`${agent} ${port}`} className="flex flex-wrap items-center gap-2">
            <Opening name={`Port ${port}`} url={url} />
            {process === null ? null : <span className="text-xs text-muted">{process}</span>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Opening({ name, url }: { readonly name: string; readonly url: string | null }) {
  if (url === null || !/^https?:/.test(url)) return <span className="font-medium">{name}</span>;
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex min-h-[24px] items-center gap-1 font-medium text-accent-text hover:underline"
    >
      {name}
      <ExternalLink size={13} aria-hidden />
      <span className="sr-only">(opens a new tab)</span>
    </a>
  );
}
