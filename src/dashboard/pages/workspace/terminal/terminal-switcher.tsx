import { useMutation } from "@tanstack/react-query";
import { AArrowDown, AArrowUp, Columns2, Pencil, Plus, Square, X } from "lucide-react";
import { useState } from "react";
import type { Workspace } from "../../../../contracts/api/workspaces.ts";
import type { Terminal } from "../../../../contracts/terminals.ts";
import type { ApiError } from "../../../api/api-error.ts";
import { call } from "../../../api/call.ts";
import { Button } from "../../../components/button.tsx";
import { Checkbox } from "../../../components/checkbox.tsx";
import { ConfirmDialog } from "../../../components/confirm-dialog.tsx";
import { IconButton } from "../../../components/icon-button.tsx";
import { useStore } from "../../../state/store.ts";
import { RenameDialog } from "./rename-dialog.tsx";
import { changeTerminalSettings, terminalSettings } from "./terminal-settings.ts";

interface TerminalSwitcherProps {
  readonly workspace: Workspace;
  readonly terminals: readonly Terminal[];
  readonly chosen: string;
  /** Id of what the keys of leaving lead to. */
  readonly leaveTo: string;
  /** Whether two are shown. */
  readonly isSplit: boolean;
  readonly onChoose: (id: string) => void;
  readonly onNew: () => void;
  readonly onSplit: () => void;
  readonly onJoin: () => void;
  readonly onChanged: () => void;
  readonly onClosed: (id: string) => void;
}

const nameOf = ({ name, title, command }: Terminal): string => name || title || command;

/** Of several that are called the same, each but the first has its number. */
function namesOf(terminals: readonly Terminal[]): ReadonlyMap<string, string> {
  const seen = new Map<string, number>();
  const inOrder = terminals.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
  return new Map(
    inOrder.map((one) => {
      const name = nameOf(one);
      const nth = (seen.get(name) ?? 0) + 1;
      seen.set(name, nth);
      return [one.id, nth === 1 ? name : `${name} (${nth})`];
    }),
  );
}

/** The terminals that run, and what can be done with the one that is shown. */
export function TerminalSwitcher(props: TerminalSwitcherProps) {
  const { workspace, terminals, chosen, leaveTo, isSplit, onChoose, onChanged, onClosed } = props;
  const [asks, setAsks] = useState<"close" | "rename" | null>(null);
  const current = terminals.find(({ id }) => id === chosen);
  const params = { workspace: workspace.id, terminal: chosen };
  const close = useMutation<unknown, ApiError>({
    mutationFn: async () => await call("closeTerminal", { params, query: {} }),
    onSuccess: () => {
      setAsks(null);
      onClosed(chosen);
    },
  });
  const names = namesOf(terminals);
  const name = names.get(chosen) ?? "New terminal";
  const because = current === undefined ? "It is being opened." : undefined;
  return (
    <div className="mb-2 flex flex-wrap items-center gap-1">
      <ul aria-label="Terminals" className="flex min-w-0 flex-wrap gap-1">
        {terminals.map((one) => (
          <li key={one.id}>
            <Button
              aria-pressed={one.id === chosen}
              kind={one.id === chosen ? "plain" : "quiet"}
              onClick={() => onChoose(one.id)}
            >
              <span className="max-w-48 truncate">{names.get(one.id)}</span>
            </Button>
          </li>
        ))}
      </ul>
      <IconButton id={leaveTo} label="New terminal" icon={<Plus size={16} />} onClick={props.onNew} />
      {isSplit ? (
        <IconButton label="One terminal only" icon={<Square size={15} />} onClick={props.onJoin} />
      ) : (
        <IconButton label="New terminal beside it" icon={<Columns2 size={16} />} onClick={props.onSplit} />
      )}
      <span className="grow" />
      <IconButton
        label={`Rename ${name}`}
        icon={<Pencil size={15} />}
        disabledBecause={because}
        onClick={() => setAsks("rename")}
      />
      <IconButton
        label={`Close ${name}`}
        icon={<X size={16} />}
        disabledBecause={because}
        onClick={() => setAsks("close")}
      />
      <LookOfTerminals />
      <ConfirmDialog
        isOpen={asks === "close"}
        onClose={() => setAsks(null)}
        title={`Close ${name}?`}
        effect="What runs in it is hung up, and ended when it does not listen."
        verb={`Close ${name}`}
        isDestructive
        isBusy={close.isPending}
        error={close.error}
        onConfirm={() => close.mutate()}
      />
      {asks === "rename" ? (
        <RenameDialog params={params} name={current?.name ?? ""} onClose={() => setAsks(null)} onChanged={onChanged} />
      ) : null}
    </div>
  );
}

function LookOfTerminals() {
  const { fontSize, isForScreenReader } = useStore(terminalSettings);
  return (
    <>
      <IconButton
        label="Smaller text"
        icon={<AArrowDown size={16} />}
        onClick={() => changeTerminalSettings({ fontSize: fontSize - 1 })}
      />
      <IconButton
        label="Larger text"
        icon={<AArrowUp size={16} />}
        onClick={() => changeTerminalSettings({ fontSize: fontSize + 1 })}
      />
      <div className="*:mb-0">
        <Checkbox
          label="For screen readers"
          isChecked={isForScreenReader}
          onChange={(next) => changeTerminalSettings({ isForScreenReader: next })}
        />
      </div>
    </>
  );
}
