import { visibleLine } from "../contracts/visible-text.ts";
import type { LogDestination } from "./log-destination.ts";

const shownLevels: Readonly<Record<string, string>> = { debug: "debug", info: "info ", warn: "WARN ", error: "ERROR" };

function shown(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === "object" && value !== null && "message" in value && "type" in value) {
    // An error in one line; its stack is in the JSON format, where a program can fold it.
    const cause = "cause" in value ? ` <- ${shown(value.cause)}` : "";
    return `${JSON.stringify(`${String(value.type)}: ${String(value.message)}`)}${cause}`;
  }
  return JSON.stringify(value) ?? "undefined";
}

/** One JSON log line as one line for people: `12:34:56.789 info  message key=value`. The time is UTC. */
export function prettyLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>; // written by pino one step before: always an object
  } catch {
    return line;
  }
  const { level, time, message, ...fields } = entry;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`);
  const clock = String(time).slice(11, 23);
  return `${visibleLine(`${clock} ${shownLevels[String(level)] ?? String(level)} ${String(message)}${pairs.join("")}`)}\n`;
}

export function prettyDestination(destination: LogDestination): LogDestination {
  return { write: (line) => destination.write(prettyLine(line)) };
}
