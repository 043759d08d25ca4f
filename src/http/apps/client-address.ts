import type { IncomingMessage } from "node:http";
import type { AddressRanges } from "../../platform/network/address-ranges.ts";

/** Who made a request: the last that trusted proxies name and that is none of them, as for the server's own routes. */
export function clientAddress(request: IncomingMessage, trustedProxies: AddressRanges): string {
  const direct = request.socket.remoteAddress ?? "";
  const named = String(request.headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
  let client = direct;
  while (trustedProxies.has(client)) {
    const next = named.pop();
    if (next === undefined) break;
    client = next;
  }
  return client;
}
