import type { LogEntry } from "../../../contracts/api/logs.ts";

interface LogLinesProps {
  readonly entries: readonly LogEntry[];
  readonly label: string;
}

/** Lines as they are: text from workspaces is never taken for anything else. */
export function LogLines({ entries, label }: LogLinesProps) {
  return (
    <div
      role="log"
      aria-label={label}
      aria-live="off"
      tabIndex={0}
      className="mt-2 max-h-[60vh] overflow-auto rounded-md border border-line bg-raised p-3 font-mono text-xs whitespace-pre-wrap"
    >
      {entries.map(({ id, stage, level, line }) => (
        <div key={id} className={level === "error" ? "text-bad" : ""}>
          <span className="text-muted">{stage} </span>
          <span className="wrap-anywhere">{line}</span>
        </div>
      ))}
    </div>
  );
}
