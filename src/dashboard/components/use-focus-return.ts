import { useRef } from "react";

/**
 * Gives the focus back to what had it when something opened over the page: nothing else does, where what opened has no
 * trigger of its own. It is looked at while that is rendered, since a field in it may take the focus as it appears.
 * @returns for `onCloseAutoFocus`
 */
export function useFocusReturn(isOpen: boolean): (event: Event) => void {
  const before = useRef<Element | null>(null);
  const wasOpen = useRef(false);
  if (isOpen && !wasOpen.current) before.current = document.activeElement;
  wasOpen.current = isOpen;
  return (event) => {
    event.preventDefault();
    if (before.current instanceof HTMLElement && before.current.isConnected) {
      before.current.focus({ preventScroll: true });
    }
  };
}
