const everyAddress = new Set(["0.0.0.0", "::", ""]);

/**
 * Where the other servers reach this one: what the option says, else the address that it listens on. One that listens on
 * every address is found by its machine's name: what it would call itself means another machine to each of the others.
 */
export function peerUrl(from: {
  readonly option: string | undefined;
  readonly listenUrl: string;
  readonly listenHost: string;
  readonly machine: string;
}): string {
  if (from.option !== undefined) return from.option;
  if (!everyAddress.has(from.listenHost)) return from.listenUrl;
  const url = new URL(from.listenUrl);
  url.hostname = from.machine;
  return url.origin;
}
