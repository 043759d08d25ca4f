import type { Manifest } from "../../../contracts/manifest.ts";
import type { ConfigurationOutline } from "./configuration-outline.ts";

/**
 * Whether a claim leaves all that exists as it is, whatever the owner and the name flow into. Templates that are written
 * for Coder know of no other way to be claimed without being replaced; ours say what they want.
 */
export function keepsAtClaim(manifest: Manifest, outline: Pick<ConfigurationOutline, "isForCoder">): boolean {
  const resources = manifest.claim_policy?.resources ?? (outline.isForCoder ? "keep" : "apply");
  return resources === "keep";
}
