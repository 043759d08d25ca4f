import type { OfferedAction } from "../components/offered-actions.ts";
import { changeLook, look } from "../state/look.ts";
import { overlay } from "../state/palette.ts";

/** What can be done on every page. */
export function shellActions(): readonly OfferedAction[] {
  const { theme, density, hasSingleKeys } = look.get();
  return [
    ...(["system", "light", "dark"] as const)
      .filter((other) => other !== theme)
      .map((other) => ({
        label: other === "system" ? "Use the system's theme" : `Use the ${other} theme`,
        run: () => changeLook({ theme: other }),
      })),
    {
      label: density === "compact" ? "Comfortable rows" : "Compact rows",
      run: () => changeLook({ density: density === "compact" ? "comfortable" : "compact" }),
    },
    {
      label: hasSingleKeys ? "Switch single-letter keys off" : "Switch single-letter keys on",
      run: () => changeLook({ hasSingleKeys: !hasSingleKeys }),
    },
    { label: "Show the keys", run: () => overlay.set("keys") },
  ];
}
