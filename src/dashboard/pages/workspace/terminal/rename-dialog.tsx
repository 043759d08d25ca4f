import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiError } from "../../../api/api-error.ts";
import { call } from "../../../api/call.ts";
import { Button } from "../../../components/button.tsx";
import { Dialog } from "../../../components/dialog.tsx";
import { ErrorState } from "../../../components/error-state.tsx";
import { TextField } from "../../../components/text-field.tsx";

interface RenameDialogProps {
  readonly params: { readonly workspace: string; readonly terminal: string };
  readonly name: string;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

export function RenameDialog({ params, name, onClose, onChanged }: RenameDialogProps) {
  const [text, setText] = useState(name);
  const rename = useMutation<unknown, ApiError>({
    mutationFn: async () => await call("renameTerminal", { params, query: {}, body: { name: text } }),
    onSuccess: () => {
      onChanged();
      onClose();
    },
  });
  return (
    <Dialog isOpen onClose={onClose} title="Name this terminal">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <TextField
          label="Name"
          hint="Empty: it is called as its program calls it."
          value={text}
          onChange={setText}
          autoComplete="off"
        />
        {rename.error === null ? null : <ErrorState error={rename.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={rename.isPending}>
            Rename terminal
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
