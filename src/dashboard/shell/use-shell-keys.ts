import { useEffect } from "react";
import { useGoTo } from "../state/url-state.ts";
import { isTyping } from "./is-typing.ts";
import { menuEntries } from "./menu-entries.ts";

const secondKeyMs = 1_500;

/** `/` searches, `c` creates, `g` and a letter go to a page. Off while one types. */
export function useShellKeys(): void {
  const goTo = useGoTo();
  useEffect(() => {
    let goesUntil = 0;
    const pressed = (event: KeyboardEvent): void => {
      if (isTyping(event)) return;
      const isSecond = performance.now() < goesUntil;
      goesUntil = 0;
      if (isSecond) {
        const page = menuEntries().find(({ menu }) => menu?.key === event.key);
        if (page !== undefined) goTo(page.path);
        return;
      }
      if (event.key === "g") goesUntil = performance.now() + secondKeyMs;
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
