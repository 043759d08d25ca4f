import { pino } from "pino";
import { visibleJson } from "../contracts/visible-text.ts";
import type { LogDestination } from "./log-destination.ts";
import { prettyDestination } from "./pretty-log.ts";
import { redactFields } from "./redact.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ["pretty", "json"] as const;
export type LogFormat = (typeof logFormats)[number];
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. The message is constant text; what varies goes into the fields, where secrets are redacted. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every entry. */
  child(fields: LogFields): Logger;
}

type Write = (level: LogLevel, message: string, fields: LogFields) => void;

function loggerOver(write: Write, bound: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, message, { ...bound, ...fields });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => loggerOver(write, { ...bound, ...fields }),
  };
}

export function createLogger(options: {
  readonly level: LogLevel;
  readonly destination: LogDestination;
  readonly format: LogFormat;
}): Logger {
  const destination = options.format === "pretty" ? prettyDestination(options.destination) : options.destination;
  const base = pino(
    {
      level: options.level,
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void destination.write(visibleJson(line)) },
  );
  return loggerOver((level, message, fields) => {
    // Redaction walks the fields, so it is not paid for entries that nobody will see.
    if (base.isLevelEnabled(level)) base[level](redactFields(fields), message);
  }, {});
}

export const silentLogger: Logger = loggerOver(() => {}, {});

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export interface MemoryLogger extends Logger {
  readonly entries: readonly LogEntry[];
}

/** A logger for tests: it keeps every entry, redacted as the real one would. */
export function memoryLogger(): MemoryLogger {
  const entries: LogEntry[] = [];
  const logger = loggerOver((level, message, fields) => {
    entries.push({ level, message, fields: redactFields(fields) });
  }, {});
  return { ...logger, entries };
}
