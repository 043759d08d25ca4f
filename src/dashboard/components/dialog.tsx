import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./icon-button.tsx";
import { OfferedFrom } from "./offered-actions.ts";
import { useFocusReturn } from "./use-focus-return.ts";

interface DialogProps {
  readonly isOpen: boolean;
  /** Absent: it cannot be closed without an answer. */
  readonly onClose?: (() => void) | undefined;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
}

/** Traps the focus, gives it back, closes with Escape. */
export function Dialog({ isOpen, onClose, title, description, children }: DialogProps) {
  const giveFocusBack = useFocusReturn(isOpen);
  const hold = (event: Event): void => {
    if (onClose === undefined) event.preventDefault();
  };
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => (open ? undefined : onClose?.())}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45 forced-colors:bg-[Canvas]" />
        <Radix.Content
          onCloseAutoFocus={giveFocusBack}
          onEscapeKeyDown={hold}
          onInteractOutside={hold}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          className="fixed top-1/2 left-1/2 z-50 max-h-[90dvh] w-[min(32rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-lg border border-line-strong bg-page p-5 shadow-(--shadow)"
        >
          <div className="flex items-start justify-between gap-3">
            <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
            {onClose === undefined ? null : <IconButton label="Close" icon={<X size={16} />} onClick={onClose} />}
          </div>
          {description === undefined ? null : (
            <Radix.Description asChild>
              <div className="mt-1 text-muted">{description}</div>
            </Radix.Description>
          )}
          <div className="mt-4">
            <OfferedFrom value={null}>{children}</OfferedFrom>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
