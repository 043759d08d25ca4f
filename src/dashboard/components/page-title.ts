import { useEffect } from "react";

/** Names the tab: `dev · Workspaces · Prewarm`. */
export function usePageTitle(...parts: readonly string[]): void {
  const title = [...parts, "Prewarm"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
