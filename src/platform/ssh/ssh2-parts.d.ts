// The parts of `ssh2` that a server needs. Its main file loads the client and its agents besides, which look for a program
// beside themselves, and in a bundle there is none.
declare module "ssh2/lib/server.js" {
  import type { Server } from "ssh2";
  const server: typeof Server;
  export default server;
}
declare module "ssh2/lib/keygen.js" {
  import type { utils } from "ssh2";
  const keygen: Pick<typeof utils, "generateKeyPairSync">;
  export default keygen;
}
declare module "ssh2/lib/protocol/keyParser.js" {
  import type { utils } from "ssh2";
  const keyParser: Pick<typeof utils, "parseKey">;
  export default keyParser;
}
declare module "ssh2/lib/protocol/handlers.js" {
  const handlers: ((self: unknown, payload: Buffer) => void)[];
  export default handlers;
}
