import { apiErrorOf } from "../api/api-error.ts";
import { ErrorState } from "../components/error-state.tsx";

/** A page that cannot be shown; the rest of the dashboard stays. */
export function PageFault({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  return <ErrorState error={apiErrorOf(error)} onRetry={reset} />;
}
