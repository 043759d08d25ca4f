import { look } from "../state/look.ts";

/** Whether a key is none of ours: it belongs to what has the focus (a field, a terminal, a dialog), or goes with a modifier. */
export function isTyping(event: KeyboardEvent): boolean {
  if (!look.get().hasSingleKeys) return true;
  if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return true;
  const target = event.target instanceof Element ? event.target : null;
  return (
    target?.closest(
      'input:not([type="checkbox"], [type="radio"]), textarea, select, [role="dialog"], [role="menu"], [data-own-keys]',
    ) !== null && target !== null
  );
}
