import { useState } from "react";
import type { Pool } from "../../../contracts/api/prebuilds.ts";
import { poolInstancesMax } from "../../../contracts/limits.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/text-field.tsx";
import { sizeCommands, sizeLines } from "./size-words.ts";

/** The manifest says how large a pool is: this writes nothing, and says which line to change and how it gets there. */
export function ChangeSize({ pool, onClose }: { readonly pool: Pool; readonly onClose: () => void }) {
  const [instances, setInstances] = useState(String(pool.desired));
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Change the size of ${pool.template} / ${pool.preset}`}
      description="Its template's manifest says how many prebuilds are kept, so that it is reviewed like other code. Nothing is written here."
    >
      <TextField
        label="Instances"
        type="number"
        min={0}
        max={poolInstancesMax}
        value={instances}
        onChange={setInstances}
        hint={`It wants ${pool.desired} at the moment; schedules say other numbers for their hours.`}
      />
      <p className="mt-3 mb-1 font-medium">In template.yaml</p>
      <CodeBlock label="lines of the manifest" text={sizeLines(pool.preset, instances)} />
      <p className="mt-3 mb-1 font-medium">To publish it</p>
      <CodeBlock label="commands" text={sizeCommands(pool.template)} />
    </Dialog>
  );
}
