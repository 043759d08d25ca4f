import { type ButtonHTMLAttributes, type ReactNode, useId } from "react";
import { classNames } from "./class-names.ts";
import { useOffer } from "./offered-actions.ts";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

const looks: Readonly<Record<ButtonKind, string>> = {
  primary: "bg-accent text-on-accent border-transparent hover:bg-accent-hover",
  plain: "bg-page text-text border-line-strong hover:bg-hover",
  quiet: "bg-transparent text-text border-transparent hover:bg-hover",
  danger: "bg-danger text-on-danger border-transparent hover:bg-danger-hover",
};

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  readonly kind?: ButtonKind;
  readonly icon?: ReactNode;
  /** Why it cannot be used, in words. It stays in the order of focus and says so. */
  readonly disabledBecause?: string | undefined;
  /** As wide as it is high, for an icon alone. */
  readonly isSquare?: boolean;
  /** Something it began is under way. */
  readonly isBusy?: boolean;
}

/** A button with words. One that is disabled can still be reached, and tells why. */
export function Button({
  kind = "plain",
  icon,
  disabledBecause,
  isSquare = false,
  isBusy = false,
  ...rest
}: ButtonProps) {
  const reasonId = useId();
  const isOff = disabledBecause !== undefined || isBusy;
  const { className, children, onClick, type = "button", ...attributes } = rest;
  const label = typeof children === "string" ? children : attributes["aria-label"];
  const isOffered = label !== undefined && onClick !== undefined && attributes["aria-haspopup"] === undefined;
  useOffer(isOffered ? [{ label, disabledBecause, run: () => clickOn(reasonId) }] : []);
  return (
    <>
      <button
        {...attributes}
        data-offer={isOffered ? reasonId : undefined}
        type={type}
        aria-disabled={isOff || undefined}
        aria-busy={isBusy || undefined}
        aria-describedby={disabledBecause === undefined ? attributes["aria-describedby"] : reasonId}
        title={disabledBecause ?? attributes.title}
        onClick={(event) => {
          if (isOff) event.preventDefault();
          else onClick?.(event);
        }}
        className={classNames(
          "inline-flex min-h-8 items-center justify-center gap-1.5 rounded-md border text-sm font-medium whitespace-nowrap transition-colors [&>svg]:shrink-0",
          isSquare ? "w-8 shrink-0" : "px-3",
          isOff ? "border-line bg-hover text-muted cursor-not-allowed" : looks[kind],
          className,
        )}
      >
        {icon}
        {children}
      </button>
      {disabledBecause === undefined ? null : (
        <span id={reasonId} className="sr-only">
          {disabledBecause}
        </span>
      )}
    </>
  );
}

/** What the palette does with it: a click, as by hand, so that a dialog gives the focus back to it. */
function clickOn(offer: string): void {
  const button = document.querySelector<HTMLButtonElement>(`[data-offer="${CSS.escape(offer)}"]`);
  button?.focus();
  button?.click();
}
