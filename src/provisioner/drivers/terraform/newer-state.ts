import { type TerraformState, unpackTfstate } from "./terraform-state.ts";
import { tfstateMark } from "./tfstate-file.ts";
import type { WorkspaceRecord } from "./workspace-folder.ts";

/**
 * Of what the server knows and what lies here undelivered, that which knows more. Of the same attempt the one here is
 * the later; of two attempts Terraform's serial decides, which goes up with each change of one state.
 */
export function newerState(stored: TerraformState | null, here: WorkspaceRecord | null): TerraformState | null {
  if (here === null || here.isRefused) return stored;
  if (stored === null || stored.attempt === here.state.attempt) return here.state;
  const [theirs, ours] = [markOf(stored), markOf(here.state)];
  if (ours === null) return stored;
  if (theirs === null) return here.state;
  return ours.lineage === theirs.lineage && ours.serial > theirs.serial ? here.state : stored;
}

function markOf({ tfstate }: TerraformState): ReturnType<typeof tfstateMark> {
  return tfstate === null ? null : tfstateMark(unpackTfstate(tfstate));
}
