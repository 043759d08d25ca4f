import { type RefObject, useEffect, useRef } from "react";
import { isTyping } from "../shell/is-typing.ts";

/**
 * `j` and `k` go over the rows' links, `x` selects the row that has the focus. Enter opens, as on any link. What any other
 * key does with that row, its table says.
 */
export function useRowKeys(onOther: (key: string, rowId: string) => void): RefObject<HTMLTableSectionElement | null> {
  const ref = useRef<HTMLTableSectionElement>(null);
  const other = useRef(onOther);
  useEffect(() => {
    other.current = onOther;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (isTyping(event) || ref.current === null) return;
      const links = [...ref.current.querySelectorAll<HTMLElement>("[data-row-link]")];
      const row = document.activeElement?.closest("tr");
      const at = links.findIndex((link) => row !== null && row !== undefined && row.contains(link));
      if (event.key === "j") links[Math.min(links.length - 1, at + 1)]?.focus();
      else if (event.key === "k") links[Math.max(0, at - 1)]?.focus();
      else if (event.key === "x") row?.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click();
      else if (at >= 0 && row?.dataset["rowId"] !== undefined) other.current(event.key, row.dataset["rowId"]);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  return ref;
}
