import { useEffect } from "react";
import { visibleLine } from "../../contracts/visible-text.ts";

/** Names the tab: `dev · Workspaces · Prewarm`. */
export function usePageTitle(...parts: readonly string[]): void {
  const title = [...parts, "Prewarm"].join(" · ");
  useEffect(() => {
    document.title = visibleLine(title);
  }, [title]);
}
