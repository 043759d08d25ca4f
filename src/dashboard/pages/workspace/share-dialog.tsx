import { useState } from "react";
import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { type ShareLevel, shareLevels } from "../../../contracts/share-levels.ts";
import { keys } from "../../api/keys.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { RadioGroup } from "../../components/radio-group.tsx";
import { Select } from "../../components/select.tsx";
import { TextField } from "../../components/text-field.tsx";
import { shareWords } from "./share-words.ts";

const ends = [
  { value: "3600", label: "after an hour" },
  { value: "28800", label: "after 8 hours" },
  { value: "86400", label: "after a day" },
  { value: "604800", label: "after a week" },
  { value: "", label: "when I take it back" },
] as const;

interface ShareDialogProps {
  readonly workspace: Workspace;
  /** Name of an app or a port; empty for a port that is still to be said. */
  readonly target: string;
  readonly agent: string | undefined;
  /** The most that its template allows; null: nobody has said. */
  readonly maxShare: ShareLevel | null;
  readonly onClose: () => void;
}

/** Opens an app or a port to others, with an end unless one wants none. */
export function ShareDialog({ workspace, target, agent, maxShare, onClose }: ShareDialogProps) {
  const [port, setPort] = useState(target);
  const [level, setLevel] = useState<string>("authenticated");
  const [seconds, setSeconds] = useState<string>("28800");
  const share = useCall("setShare", [keys.workspace(`${workspace.owner}/${workspace.name}`)]);
  const most = maxShare === null ? shareLevels.length - 1 : shareLevels.indexOf(maxShare);
  const choices = shareLevels.map((value, place) => ({
    value,
    label: shareWords[value],
    ...(place > most ? { description: "More than its template allows." } : {}),
  }));
  const submit = (): void =>
    share.mutate({
      params: { workspace: workspace.id, app: port.trim() },
      body: {
        share: shareLevels.find((known) => known === level) ?? "owner",
        expiresInSeconds: seconds === "" || level === "owner" ? null : Number(seconds),
        ...(agent === undefined ? {} : { agent }),
      },
    });
  if (share.data !== undefined) return <Shared name={port} url={share.data.url} onClose={onClose} />;
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={target === "" ? "Share a port" : `Share ${nameOf(target)}`}
      description={`Whoever may open it gets what listens there in ${workspace.name}, and nothing else of it.`}
      verb={target === "" ? "Share port" : `Share ${nameOf(target)}`}
      error={share.error}
      isBusy={share.isPending}
      onSubmit={submit}
    >
      {target === "" ? (
        <TextField
          label="Port"
          hint="With an s behind it where it speaks TLS: 8443s."
          value={port}
          onChange={setPort}
          pattern="[0-9]{1,5}s?"
          inputMode="numeric"
          autoComplete="off"
          required
        />
      ) : null}
      <RadioGroup label="Open to" value={level} choices={choices} onChange={setLevel} />
      {level === "owner" ? null : <Select label="It ends" value={seconds} choices={ends} onChange={setSeconds} />}
    </FormDialog>
  );
}

const nameOf = (target: string): string => (/^\d+s?$/.test(target) ? `port ${target}` : target);

interface SharedProps {
  readonly name: string;
  readonly url: string | null;
  readonly onClose: () => void;
}

/** The address to hand on. */
function Shared({ name, url, onClose }: SharedProps) {
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`${nameOf(name)} is shared`}
      description={
        url === null ? "This server has no domain for apps: who may open it does so by prewarm open." : "Hand this on:"
      }
    >
      {url === null ? null : <CodeBlock label="address to hand on" text={url} />}
      <div className="mt-4 flex justify-end">
        <Button kind="primary" onClick={onClose} autoFocus>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
