import { type ReactNode, useState } from "react";
import type { ApiError } from "../api/api-error.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { ErrorState } from "./error-state.tsx";
import { TextField } from "./text-field.tsx";

interface ConfirmDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** The question, with the thing's name: "Delete dev?" */
  readonly title: string;
  /** What will be so afterwards, in numbers where there are some. */
  readonly effect: ReactNode;
  /** A verb with its object: "Delete dev". */
  readonly verb: string;
  readonly isDestructive?: boolean;
  /** Has to be typed before it goes on. */
  readonly typed?: string | undefined;
  readonly isBusy?: boolean;
  readonly error?: ApiError | null;
  /** What has to be said with it. */
  readonly children?: ReactNode;
  readonly onConfirm: () => void;
}

/** Asks before something that cannot be taken back. Closing it is what Enter does at first. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const {
    isOpen,
    onClose,
    title,
    effect,
    verb,
    isDestructive = false,
    typed,
    isBusy = false,
    error,
    children,
    onConfirm,
  } = props;
  const [text, setText] = useState("");
  const because = typed !== undefined && text !== typed ? `Type ${typed} first.` : undefined;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title} description={effect}>
      {children}
      {typed === undefined ? null : (
        <TextField label={`Type ${typed} to go on`} value={text} onChange={setText} autoComplete="off" />
      )}
      {error === undefined || error === null ? null : <ErrorState error={error} />}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose} autoFocus={typed === undefined}>
          Cancel
        </Button>
        <Button
          kind={isDestructive ? "danger" : "primary"}
          className="max-w-full whitespace-normal! wrap-anywhere"
          disabledBecause={because}
          isBusy={isBusy}
          onClick={onConfirm}
        >
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}
