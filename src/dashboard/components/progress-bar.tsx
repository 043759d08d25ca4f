interface ProgressBarProps {
  readonly label: string;
  /** Between 0 and 1; null while nobody can say. */
  readonly share: number | null;
}

export function ProgressBar({ label, share }: ProgressBarProps) {
  const percent = share === null ? undefined : Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-1.5 overflow-hidden rounded-full bg-pressed"
    >
      <div
        style={{ width: percent === undefined ? "30%" : `${percent}%` }}
        className={`h-full rounded-full bg-accent transition-[width] forced-colors:bg-[Highlight] ${percent === undefined ? "animate-pulse" : ""}`}
      />
    </div>
  );
}
