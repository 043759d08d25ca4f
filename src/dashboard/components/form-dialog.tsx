import type { FormEvent, ReactNode } from "react";
import type { ApiError } from "../api/api-error.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { ErrorState } from "./error-state.tsx";

interface FormDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  /** A verb with its object: "Create user". */
  readonly verb: string;
  readonly error: ApiError | null;
  readonly isBusy: boolean;
  readonly onSubmit: () => void;
  /** The fields. What was typed stays when the server refuses it. */
  readonly children: ReactNode;
}

export function FormDialog(props: FormDialogProps) {
  const { isOpen, onClose, title, description, verb, error, isBusy, onSubmit, children } = props;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isBusy) onSubmit();
  };
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title} description={description}>
      <form onSubmit={submit}>
        {children}
        {error === null ? null : <ErrorState error={error} />}
        <div className="mt-4 flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={isBusy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
