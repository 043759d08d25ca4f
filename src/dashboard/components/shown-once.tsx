import { Button } from "./button.tsx";
import { CodeBlock } from "./code-block.tsx";
import { Dialog } from "./dialog.tsx";

interface ShownOnceProps {
  /** What it is: "API token". */
  readonly what: string;
  /** Absent: nothing is shown. */
  readonly secret: string | undefined;
  readonly onClose: () => void;
}

/** A secret that is in one answer only. It is kept nowhere on the page once the dialog is closed. */
export function ShownOnce({ what, secret, onClose }: ShownOnceProps) {
  return (
    <Dialog
      isOpen={secret !== undefined}
      title={`Your new ${what}`}
      description="It is shown this once: copy it now to where it is needed. Nobody can show it again."
    >
      <CodeBlock text={secret ?? ""} label={what} />
      <div className="mt-4 flex justify-end">
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}
