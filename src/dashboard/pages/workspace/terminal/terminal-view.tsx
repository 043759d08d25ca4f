import { useState } from "react";
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
  readonly onNew: () => void;
  readonly onTitle: (title: string) => void;
  readonly onLeave: () => void;
}

export function TerminalView({ workspace, id, onNew, onTitle, onLeave }: TerminalViewProps) {
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
      const isSeveral = /[\r\n]/.test(text.replace(/\r?\n$/, ""));
      if (isSeveral && terminal?.modes.bracketedPasteMode === false) setPasted(text);
      else terminal?.paste(text);
    },
    onOffer: (text) => setOffer({ kind: "copy", text }),
    onLink: (address, isShown) => {
      if (isShown) void openLink(workspace, address);
      else setOffer({ kind: "link", text: address });
    },
  });
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
  const lines = pasted?.split(/\r\n|\r|\n/).length ?? 0;
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
