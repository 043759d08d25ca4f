import { refusalOf } from "../../../contracts/workspace-actions.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** How to get into it: one line to copy, and a link for each editor. */
export function ConnectCard({ workspace, me }: WorkspaceTabProps) {
  const because = refusalOf("connect", workspace, me);
  const ides = useApi("listIdes", {
    key: keys.workspacePart(`${workspace.owner}/${workspace.name}`, "ides"),
    input: { params: { workspace: workspace.id }, query: {} },
    isEnabled: because === undefined,
  });
  if (because !== undefined) {
    return (
      <Card title="Connect">
        <p className="text-muted">{because}</p>
      </Card>
    );
  }
  const links = (ides.data?.ides ?? []).filter(
    ({ link }) => /^[a-z][a-z0-9+.-]*:/.test(link) && !/^(javascript|data):/.test(link),
  );
  return (
    <Card title="Connect">
      <CodeBlock label="command for SSH" text={`prewarm ssh ${workspace.name}`} />
      <p className="mt-3 mb-1 text-muted">For ssh, rsync and editors, once on your machine:</p>
      <CodeBlock label="command for the configuration of SSH" text="prewarm config-ssh" />
      <QueryFault query={ides} />
      {ides.data === undefined ? null : (
        <>
          <p className="mt-3 mb-1 text-muted">and then:</p>
          <CodeBlock label="command of OpenSSH" text={`ssh ${ides.data.host}`} />
        </>
      )}
      {links.length === 0 ? null : (
        <ul className="mt-3 flex flex-wrap gap-x-4 gap-y-1">
          {links.map(({ ide, displayName, link }) => (
            <li key={ide}>
              <a href={link} className="inline-flex min-h-[24px] items-center text-accent-text hover:underline">
                {displayName}
              </a>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
