import { Button } from "../../../components/button.tsx";

/** What a program offers, and is done by a click alone. */
export interface Offer {
  readonly kind: "copy" | "link";
  readonly text: string;
}

interface OfferBarProps {
  readonly offer: Offer;
  readonly onTake: () => void;
  readonly onDismiss: () => void;
}

const offerShownMax = 120;

export function OfferBar({ offer: { kind, text }, onTake, onDismiss }: OfferBarProps) {
  return (
    <div role="status" className="mb-2 flex flex-wrap items-center gap-2 rounded-md border border-line p-2">
      <span className="min-w-0 grow break-all">
        {kind === "copy" ? "A program offers for the clipboard: " : "This leads to: "}
        <code>{kind === "copy" ? text.slice(0, offerShownMax) : text}</code>
      </span>
      <Button onClick={onTake}>{kind === "copy" ? "Copy it" : "Open it"}</Button>
      <Button kind="quiet" onClick={onDismiss}>
        Dismiss
      </Button>
    </div>
  );
}
