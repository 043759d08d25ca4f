import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { type Tone, toneClasses } from "./tone.ts";

interface BannerProps {
  readonly tone: Tone;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** Something is so that one has to know, with one thing to do about it. */
export function Banner({ tone, children, action }: BannerProps) {
  const Icon = tone === "bad" ? CircleAlert : tone === "warn" ? TriangleAlert : Info;
  return (
    <div
      role="status"
      className={classNames(
        "mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md border px-3 py-2 text-sm",
        toneClasses[tone],
      )}
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      <div className="min-w-0 grow basis-48 wrap-anywhere">{children}</div>
      {action}
    </div>
  );
}
