import { useEffect } from "react";
import { overlay } from "../state/palette.ts";
import { useGoTo } from "../state/url-state.ts";
import { isTyping } from "./is-typing.ts";
import { addressOfPage, menuEntries } from "./menu-entries.ts";

const secondKeyMs = 1_500;

/** Ctrl+K opens the palette, `?` shows the keys, `/` searches, `c` creates, `g` and a letter go to a page. Letters are off while one types. */
export function useShellKeys(): void {
  const goTo = useGoTo();
  useEffect(() => {
    let goesUntil = 0;
    const pressed = (event: KeyboardEvent): void => {
      if (isForPalette(event)) {
        event.preventDefault();
        overlay.set("palette");
        return;
      }
      if (isTyping(event)) return;
      const isSecond = performance.now() < goesUntil;
      goesUntil = 0;
      if (isSecond) {
        const page = menuEntries().find(({ menu }) => menu?.key === event.key);
        if (page !== undefined) goTo(addressOfPage(page));
        return;
      }
      if (event.key === "g") goesUntil = performance.now() + secondKeyMs;
      else if (event.key === "?") overlay.set("keys");
      else if (event.key === "c") goTo("/new");
      else if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("[data-main-search]");
        if (field === null) return;
        event.preventDefault();
        field.focus();
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [goTo]);
}

/** Not out of a dialog, and not out of a terminal, whose shell has a use for it. */
function isForPalette(event: KeyboardEvent): boolean {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
    return false;
  return !(event.target instanceof Element) || event.target.closest('[role="dialog"], [data-own-keys]') === null;
}
