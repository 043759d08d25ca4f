import { useEffect, useState } from "react";
import type { Workspace } from "../../../../contracts/api/workspaces.ts";
import { ConfirmDialog } from "../../../components/confirm-dialog.tsx";
import { showToast } from "../../../components/toasts.ts";
import { FindBar } from "./find-bar.tsx";
import { type Offer, OfferBar } from "./offer-bar.tsx";
import { openLink } from "./open-link.ts";
import { copyText } from "./terminal-screen.ts";
import { TerminalStateBar } from "./terminal-state-bar.tsx";
import { useTerminal } from "./use-terminal.ts";

interface TerminalViewProps {
  readonly workspace: Workspace;
  readonly id: string;
  /** Of those that are shown, the one that keys go to. */
  readonly isChosen: boolean;
  readonly onNew: () => void;
  readonly onTitle: (title: string) => void;
  readonly onLeave: () => void;
}

export function TerminalView({ workspace, id, isChosen, onNew, onTitle, onLeave }: TerminalViewProps) {
  const [pasted, setPasted] = useState<string | null>(null);
  const [offer, setOffer] = useState<Offer | null>(null);
  const [isFinding, setFinding] = useState(false);
  const { place, state, isOtherSize, screen, link } = useTerminal({
    workspaceId: workspace.id,
    id,
    label: `Terminal of ${workspace.name}. Escape goes to the shell; Control, Shift and Escape leave the terminal.`,
    onTitle,
    onLeave,
    onNew,
    onFind: () => setFinding(true),
    onPaste: (text) => {
      const terminal = screen.current?.terminal;
      if (linesIn(text) > 1 && terminal?.modes.bracketedPasteMode === false) setPasted(text);
      else terminal?.paste(text);
    },
    onOffer: (text) => setOffer({ kind: "copy", text }),
    onLink: (address, isShown) => {
      if (isShown) void openLink(workspace, address);
      else setOffer({ kind: "link", text: address });
    },
  });
  useEffect(() => {
    if (isChosen) screen.current?.terminal.focus();
  }, [isChosen, screen]);
  const back = (): void => screen.current?.terminal.focus();
  const take = (): void => {
    if (offer?.kind === "link") void openLink(workspace, offer.text);
    else if (offer !== null) {
      copyText(offer.text).catch(() =>
        showToast({ tone: "bad", text: "The browser lets nothing into its clipboard." }),
      );
    }
    setOffer(null);
    back();
  };
  const lines = linesIn(pasted ?? "");
  return (
    <>
      <TerminalStateBar state={state} isOtherSize={isOtherSize} onRetry={() => link.current?.retry()} onNew={onNew} />
      {isFinding ? (
        <FindBar
          search={() => screen.current?.search}
          onClose={() => {
            setFinding(false);
            back();
          }}
        />
      ) : null}
      {offer === null ? null : <OfferBar offer={offer} onTake={take} onDismiss={() => setOffer(null)} />}
      <div className="rounded-md border border-line bg-page p-2">
        <div ref={place} data-own-keys className="h-[max(16rem,calc(100dvh-22rem))] overflow-hidden font-mono" />
      </div>
      <ConfirmDialog
        isOpen={pasted !== null}
        onClose={() => setPasted(null)}
        title={`Paste ${lines} lines?`}
        effect="The program takes each line as if you had typed it: a shell runs them one after the other."
        verb={`Paste ${lines} lines`}
        onConfirm={() => {
          if (pasted !== null) screen.current?.terminal.paste(pasted);
          setPasted(null);
        }}
      />
    </>
  );
}

/** The end of the last line begins no other. */
function linesIn(text: string): number {
  return text.replace(/(\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/).length;
}
