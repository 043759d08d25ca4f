import type { AppHealthView } from "../../contracts/api/workspaces.ts";

/** `healthy`, and why it is not. */
export function healthText(found: AppHealthView | null): string {
  if (found === null) return "–";
  return found.detail === "" ? found.health : `${found.health}: ${found.detail}`;
}
