// The parts of `ssh2` that a server needs, with their types (ssh2-parts.d.ts), which no other project would see.
import type { Server, utils } from "ssh2";
import keygenModule from "ssh2/lib/keygen.js";
import handlersModule from "ssh2/lib/protocol/handlers.js";
import keyParserModule from "ssh2/lib/protocol/keyParser.js";
import serverModule from "ssh2/lib/server.js";

export const Ssh2Server: typeof Server = serverModule;
export const keygen: Pick<typeof utils, "generateKeyPairSync"> = keygenModule;
export const keyParser: Pick<typeof utils, "parseKey"> = keyParserModule;
export const handlers: ((self: unknown, payload: Buffer) => void)[] = handlersModule;
