import type { ServerToAgent } from "../contracts/agent-protocol.ts";

const signals = ["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP"] as const;

function isTextRecord(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && Object.values(value).every((item) => typeof item === "string");
}

function isTextArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/**
 * Parses a frame from the server; undefined for one that is not understood (a newer server may know more).
 * By hand: the schema's checker costs 8 MB of memory (measured). A test compares it with the schema.
 */
export function parseServerMessage(text: string): ServerToAgent | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof frame !== "object" || frame === null) return undefined;
  const message = frame as Readonly<Record<string, unknown>>; // any object is one
  if (message["kind"] === "poke" || message["kind"] === "tunnel_wanted") return { kind: message["kind"] };
  const execId = message["execId"];
  return typeof execId === "string" ? parseExecMessage(execId, message) : undefined;
}

function parseExecMessage(execId: string, message: Readonly<Record<string, unknown>>): ServerToAgent | undefined {
  const { kind, command, env, data, end, signal, isHeld } = message;
  switch (kind) {
    case "exec_start":
      return isTextArray(command) && isTextRecord(env) ? { kind, execId, command, env } : undefined;
    case "exec_input":
      return typeof data === "string" && typeof end === "boolean" ? { kind, execId, data, end } : undefined;
    case "exec_flow":
      return typeof isHeld === "boolean" ? { kind, execId, isHeld } : undefined;
    case "exec_signal": {
      const known = signals.find((name) => name === signal);
      return known === undefined ? undefined : { kind, execId, signal: known };
    }
    default:
      return undefined;
  }
}
