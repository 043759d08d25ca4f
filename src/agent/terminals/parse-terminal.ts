import {
  type TerminalAsk,
  type TerminalService,
  type TerminalsService,
  terminalNameLengthMax,
  terminalSideMax,
} from "../../contracts/terminals.ts";

type Fields = Readonly<Record<string, unknown>>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const unprintable = /\p{Cc}/u;

/** By hand, as `parseTunnelOpen`, which this is a part of: the agent carries no schemas. */
export function parseTerminal({ id, cols, rows, from, isMade, name, command }: Fields): TerminalService | undefined {
  if (!isId(id) || !isSide(cols) || !isSide(rows) || !isName(name) || typeof isMade !== "boolean") return undefined;
  if (from !== null && !(typeof from === "number" && Number.isSafeInteger(from) && from >= 0)) return undefined;
  if (command !== null && !isCommand(command)) return undefined;
  return { kind: "terminal", id, cols, rows, from, isMade, name, command };
}

export function parseTerminals({ ask }: Fields): TerminalsService | undefined {
  const parsed = parseAsk(typeof ask === "object" && ask !== null ? (ask as Fields) : {});
  return parsed === undefined ? undefined : { kind: "terminals", ask: parsed };
}

function parseAsk({ verb, id, name }: Fields): TerminalAsk | undefined {
  if (verb === "list") return { verb };
  if (!isId(id)) return undefined;
  if (verb === "close") return { verb, id };
  return verb === "rename" && isName(name) ? { verb, id, name } : undefined;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && uuid.test(value);
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= terminalSideMax;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= terminalNameLengthMax && !unprintable.test(value);
}

function isCommand(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string");
}
