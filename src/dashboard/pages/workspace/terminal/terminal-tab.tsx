import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refusalOf } from "../../../../contracts/workspace-actions.ts";
import { keys } from "../../../api/keys.ts";
import { useApi } from "../../../api/use-api.ts";
import { Button } from "../../../components/button.tsx";
import { EmptyState } from "../../../components/empty-state.tsx";
import { QueryFault, Unanswered } from "../../../components/query-fault.tsx";
import { Skeleton } from "../../../components/skeleton.tsx";
import { StartDialog, useStart } from "../../start-workspace.tsx";
import type { WorkspaceTabProps } from "../workspace-tab-props.ts";
import { Chosen } from "./chosen.tsx";
import { newTerminalId } from "./terminal-id.ts";
import { TerminalSwitcher } from "./terminal-switcher.tsx";
import { TerminalView } from "./terminal-view.tsx";
import { usePanes } from "./use-panes.ts";

/** Titles and new terminals of other windows are seen within this. */
const listEveryMs = 5_000;
/** The heading of the terminals, to which the keys of leaving lead. */
const leaveTo = "terminal-new";

export default function TerminalTab(props: WorkspaceTabProps) {
  const { workspace, me } = props;
  const because = refusalOf("connect", workspace, me);
  const [wasOpen, setWasOpen] = useState(false);
  if (because === undefined && !wasOpen) setWasOpen(true);
  // An agent that is away for a moment comes back to what is shown.
  if (because === undefined || (wasOpen && workspace.status === "running")) return <Terminals {...props} />;
  return <NotNow {...props} because={because} />;
}

function NotNow({ workspace, me, because }: WorkspaceTabProps & { readonly because: string }) {
  const start = useStart(workspace);
  const isStopped = refusalOf("start", workspace, me) === undefined && workspace.owner === me.username;
  return (
    <EmptyState
      title="No terminal at this moment"
      action={
        isStopped ? (
          <>
            <Button kind="primary" isBusy={start.isPending} onClick={start.begin}>
              Start {workspace.name}
            </Button>
            <StartDialog workspace={workspace} start={start} />
          </>
        ) : null
      }
    >
      {isStopped ? `${workspace.name} does not run. ` : ""}
      {because}
    </EmptyState>
  );
}

function Terminals({ workspace }: WorkspaceTabProps) {
  const client = useQueryClient();
  const [made] = useState(newTerminalId);
  const panes = usePanes();
  const key = keys.workspacePart(`${workspace.owner}/${workspace.name}`, "terminals");
  const found = useApi("listTerminals", {
    key,
    input: { params: { workspace: workspace.id }, query: {} },
    everyMs: listEveryMs,
  });
  const again = (): void => void client.invalidateQueries({ queryKey: key });
  if (found.data === undefined) {
    return (
      <Unanswered query={found}>
        <Skeleton lines={6} />
      </Unanswered>
    );
  }
  const running = found.data.terminals.filter(({ endedAt }) => endedAt === null);
  const latest = running.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))[0];
  const { ids, chosen } = panes;
  if (chosen === undefined) return <Chosen id={latest?.id ?? made} onChoose={panes.choose} />;
  const open = (): void => panes.choose(newTerminalId());
  return (
    <>
      <QueryFault query={found} />
      <TerminalSwitcher
        {...{ workspace, chosen, leaveTo }}
        terminals={found.data.terminals.filter(({ id, endedAt }) => endedAt === null || ids.includes(id))}
        isSplit={ids.length > 1}
        onChoose={panes.choose}
        onNew={open}
        onSplit={() => panes.split(newTerminalId())}
        onJoin={panes.join}
        onChanged={again}
        onClosed={(id) => {
          again();
          panes.leave(id, running.find((one) => !ids.includes(one.id))?.id ?? newTerminalId());
        }}
      />
      <div className={ids.length > 1 ? "grid grid-cols-1 gap-2 lg:grid-cols-2" : ""}>
        {ids.map((id) => (
          <div key={id} className="min-w-0" onFocusCapture={() => panes.at(id)}>
            <TerminalView
              workspace={workspace}
              id={id}
              isChosen={id === chosen}
              onNew={open}
              onTitle={again}
              onLeave={() => document.querySelector<HTMLElement>(`#${leaveTo}`)?.focus()}
            />
          </div>
        ))}
      </div>
    </>
  );
}
