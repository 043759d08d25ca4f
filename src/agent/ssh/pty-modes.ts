import { handlers } from "../../platform/ssh/ssh2-modules.ts";

const channelRequest = 98;
const requestName = "pty-req";
const nameAt = 5;
const sizesBytes = 16;
/** Above it are those without an argument, or of other meanings. */
const opcodeMax = 159;
const names: Readonly<Record<number, ModeName>> = { 1: "VINTR", 3: "VERASE", 36: "ICRNL", 53: "ECHO" };

type ModeName = "VINTR" | "VERASE" | "ICRNL" | "ECHO";
/** How the client's terminal is set, as far as it matters here. */
export type TerminalModes = Readonly<Partial<Record<ModeName, number>>>;

let isListening = false;
let asked: TerminalModes = {};

/**
 * `ssh2` passes over the first byte of a terminal's modes, and so reads none of them; and were it not for that, it would
 * end the connection for one that it does not know (1.17.0). So they are read here before it has the request.
 */
export function listenForModes(): void {
  const original = handlers[channelRequest];
  if (isListening || original === undefined) return;
  isListening = true;
  handlers[channelRequest] = (self, payload) => {
    asked = modesIn(payload);
    original(self, payload);
  };
}

/** Of the request that is being heard. */
export function askedModes(): TerminalModes {
  return asked;
}

/** None of any other request, and of one that is cut off. */
export function modesIn(payload: Buffer): TerminalModes {
  const modes: Partial<Record<ModeName, number>> = {};
  try {
    if (textAt(payload, nameAt) !== requestName) return modes;
    // The name, whether an answer is wanted, and the terminal's kind stand before its sizes.
    const kindAt = nameAt + 4 + requestName.length + 1;
    const lengthAt = kindAt + 4 + payload.readUInt32BE(kindAt) + sizesBytes;
    const end = lengthAt + 4 + payload.readUInt32BE(lengthAt);
    for (let at = lengthAt + 4; at < end; at += 5) {
      const opcode = payload.readUInt8(at);
      if (opcode === 0 || opcode > opcodeMax) break;
      const name = names[opcode];
      if (name !== undefined) modes[name] = payload.readUInt32BE(at + 1);
    }
  } catch {
    // What was read until there is what it said.
  }
  return modes;
}

function textAt(payload: Buffer, at: number): string {
  return payload.toString("latin1", at + 4, at + 4 + payload.readUInt32BE(at));
}
