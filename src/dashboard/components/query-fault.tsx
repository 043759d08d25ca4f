import type { ReactNode } from "react";
import type { ApiError } from "../api/api-error.ts";
import { liveStatus } from "../live/live-status.ts";
import { useStore } from "../state/store.ts";
import { ErrorState } from "./error-state.tsx";

/** As `useApi` has it. */
export interface AskedQuery {
  readonly error: ApiError | null;
  readonly data?: unknown;
  readonly refetch: () => unknown;
}

interface QueryFaultProps {
  readonly query: AskedQuery;
}

/**
 * What asking for a part of the page failed with; nothing where it did not. What was answered before stays beside it.
 * While the server is away the banner says that once, and since when what is shown is old, instead of each part.
 */
export function QueryFault({ query }: QueryFaultProps) {
  const { state } = useStore(liveStatus);
  const { error, data, refetch } = query;
  if (error === null || (data !== undefined && error.isPassing && state === "offline")) return null;
  return (
    <div className="mb-3 basis-full">
      <ErrorState error={error} onRetry={() => void refetch()} />
    </div>
  );
}

/** Instead of a part that was never answered: why not, or until it is what holds its place. */
export function Unanswered({ query, children }: QueryFaultProps & { readonly children: ReactNode }) {
  return query.error === null ? children : <QueryFault query={query} />;
}
