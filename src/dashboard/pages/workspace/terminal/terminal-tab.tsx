import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refusalOf } from "../../../../contracts/workspace-actions.ts";
import { keys } from "../../../api/keys.ts";
import { useApi } from "../../../api/use-api.ts";
import { Button } from "../../../components/button.tsx";
import { EmptyState } from "../../../components/empty-state.tsx";
import { QueryFault, Unanswered } from "../../../components/query-fault.tsx";
import { Skeleton } from "../../../components/skeleton.tsx";
import { useUrlState } from "../../../state/url-state.ts";
import { useTransition } from "../../use-transition.ts";
import type { WorkspaceTabProps } from "../workspace-tab-props.ts";
import { Chosen } from "./chosen.tsx";
import { newTerminalId } from "./terminal-id.ts";
import { TerminalSwitcher } from "./terminal-switcher.tsx";
import { TerminalView } from "./terminal-view.tsx";

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
  const transition = useTransition(workspace);
  const isStopped = refusalOf("start", workspace, me) === undefined && workspace.owner === me.username;
  return (
    <EmptyState
      title="No terminal at this moment"
      action={
        isStopped ? (
          <Button kind="primary" isBusy={transition.isPending} onClick={() => transition.mutate("start")}>
            Start {workspace.name}
          </Button>
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
  const [{ terminal = "" }, change] = useUrlState();
  const [made] = useState(newTerminalId);
  const key = keys.workspacePart(`${workspace.owner}/${workspace.name}`, "terminals");
  const found = useApi("listTerminals", {
    key,
    input: { params: { workspace: workspace.id }, query: {} },
    everyMs: listEveryMs,
  });
  const choose = (id: string): void => change({ terminal: id });
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
  if (terminal === "") return <Chosen id={latest?.id ?? made} onChoose={choose} />;
  const shown = found.data.terminals.filter(({ id, endedAt }) => endedAt === null || id === terminal);
  const open = (): void => choose(newTerminalId());
  return (
    <>
      <QueryFault query={found} />
      <TerminalSwitcher
        {...{ workspace, terminals: shown, leaveTo }}
        chosen={terminal}
        onChoose={choose}
        onNew={open}
        onChanged={again}
        onClosed={(id) => {
          again();
          const next = running.find((one) => one.id !== id);
          if (id === terminal) choose(next?.id ?? newTerminalId());
        }}
      />
      <TerminalView
        key={terminal}
        workspace={workspace}
        id={terminal}
        onNew={open}
        onTitle={again}
        onLeave={() => document.querySelector<HTMLElement>(`#${leaveTo}`)?.focus()}
      />
    </>
  );
}
