import type { Random } from "../../../platform/random.ts";
import type { JobFacts } from "../job-facts.ts";

/** What one socket's calls share. */
export interface ProviderState {
  readonly facts: JobFacts;
  readonly random: Random;
  /** The template's own `url` of the provider, once it is configured; null: the access URL of the job counts. */
  ownUrl: string | null;
}

export function accessUrlOf({ facts, ownUrl }: Pick<ProviderState, "facts" | "ownUrl">): string {
  return ownUrl ?? facts.accessUrl;
}
