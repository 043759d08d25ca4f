import { X } from "lucide-react";
import { useStore } from "../state/store.ts";
import { classNames } from "./class-names.ts";
import { IconButton } from "./icon-button.tsx";
import { hideToast, shownToast } from "./toasts.ts";
import { toneClasses } from "./tone.ts";

/** Where toasts appear; it is there before they are, so that they are read out. */
export function ToastRegion() {
  const toast = useStore(shownToast);
  return (
    <div
      role="status"
      aria-live="polite"
      className="fixed right-4 bottom-20 z-50 max-w-[min(24rem,calc(100vw-2rem))] sm:bottom-4"
    >
      {toast === null ? null : (
        <div
          className={classNames(
            "flex items-start gap-2 rounded-md border p-3 shadow-(--shadow)",
            toneClasses[toast.tone],
          )}
        >
          <p className="min-w-0 wrap-anywhere">
            {toast.text}
            {toast.more === 0 ? "" : ` (and ${toast.more} more)`}
          </p>
          <IconButton label="Dismiss" icon={<X size={14} />} onClick={hideToast} />
        </div>
      )}
    </div>
  );
}
