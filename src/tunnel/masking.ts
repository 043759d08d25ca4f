import type { ClientOptions } from "ws";
import { isLoopbackHost } from "../contracts/loopback.ts";

/**
 * The mask that clients put over what they send keeps a page's script from writing requests of its choice where a proxy
 * that knows no WebSockets reads along. Nobody reads along under TLS or on a machine's own loopback: there it costs a
 * tenth of the bulk, and is left out, with a key of zeros.
 * @param url of `ws:` or `wss:`.
 */
export function maskingFor(url: URL): Pick<ClientOptions, "generateMask"> {
  const isRead = url.protocol !== "wss:" && !isLoopbackHost(url.hostname);
  return isRead ? {} : { generateMask: (mask) => void mask.fill(0) };
}
