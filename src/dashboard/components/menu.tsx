import { DropdownMenu } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { useOffer } from "./offered-actions.ts";

export interface MenuItem {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly onSelect: () => void;
  readonly isDestructive?: boolean;
  /** Why it cannot be chosen; it is shown with it. */
  readonly disabledBecause?: string | undefined;
}

interface MenuProps {
  /** A button; it opens the menu. */
  readonly trigger: ReactElement;
  readonly items: readonly MenuItem[];
  readonly heading?: ReactNode;
}

export function Menu({ trigger, items, heading }: MenuProps) {
  useOffer(items.map(({ label, disabledBecause, onSelect }) => ({ label, disabledBecause, run: onSelect })));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-80 min-w-44 rounded-md border border-line-strong bg-page p-1 shadow-(--shadow)"
        >
          {heading === undefined ? null : (
            <DropdownMenu.Label className="border-b border-line px-2 pt-1 pb-2 text-muted">
              {heading}
            </DropdownMenu.Label>
          )}
          {items.map((item) => (
            <Item key={item.label} item={item} />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Item({ item }: { readonly item: MenuItem }) {
  const { label, icon, onSelect, isDestructive = false, disabledBecause } = item;
  const isOff = disabledBecause !== undefined;
  return (
    <DropdownMenu.Item
      aria-disabled={isOff || undefined}
      onSelect={(event) => {
        if (isOff) event.preventDefault();
        else onSelect();
      }}
      className={classNames(
        "flex min-h-8 items-start gap-2 rounded px-2 py-1.5 text-sm outline-none select-none data-highlighted:bg-hover data-highlighted:outline-2 data-highlighted:-outline-offset-2 data-highlighted:outline-accent-text",
        isOff ? "text-muted" : isDestructive ? "text-bad" : "text-text",
      )}
    >
      <span className="mt-0.5 shrink-0" aria-hidden>
        {icon}
      </span>
      <span>
        {label}
        {isOff ? <span className="block text-xs text-muted">{disabledBecause}</span> : null}
      </span>
    </DropdownMenu.Item>
  );
}
