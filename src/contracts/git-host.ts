import { gitHostLengthMax } from "./limits.ts";

const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[1-9]\d{0,4})?$/;

/**
 * A git host in the one way in which it is compared: lower case, with its port unless that is 443. Undefined for what is
 * none: there is no pattern and no path, so that a token goes to one host and to no other.
 */
export function gitHostOf(text: string): string | undefined {
  const host = text.toLowerCase();
  if (text.length > gitHostLengthMax || !hostPattern.test(host)) return undefined;
  return host.replace(/:443$/, "");
}

/** Whether what is sent to the host stays on the machine: there alone a token may go without TLS. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
}
