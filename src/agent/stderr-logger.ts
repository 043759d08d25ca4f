import type { LogFields, Logger } from "../platform/logger.ts";

/**
 * The agent's own log: one JSON object a line. Not the platform's logger, whose package would cost every idle
 * workspace memory; nothing secret is given to it.
 */
export function stderrLogger(write: (line: string) => void, bound: LogFields = {}): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const entry = { level, time: new Date().toISOString(), message, ...bound, ...fields };
      write(`${JSON.stringify(entry, (_, value: unknown) => (value instanceof Error ? value.message : value))}\n`);
    };
  return {
    debug: () => {},
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => stderrLogger(write, { ...bound, ...fields }),
  };
}
