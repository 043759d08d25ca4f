import type { IncomingMessage } from "node:http";
import { appLinkParameter } from "../../contracts/app-address.ts";

/**
 * Takes the credential out of a request's address, and out of `Referer`, which pages send that were opened by one: from
 * here on nobody sees it, be it the app, a redirect, or a log.
 * @returns null where the address has none.
 */
export function takeAppLink(request: IncomingMessage): string | null {
  const { referer } = request.headers;
  if (referer !== undefined && referer.includes("?")) {
    const { url } = withoutLink(referer);
    request.headers.referer = url;
    const at = request.rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "referer");
    if (at >= 0) request.rawHeaders[at + 1] = url;
  }
  const { url, token } = withoutLink(request.url ?? "/");
  request.url = url;
  return token;
}

/** All else stays as it was written. */
export function withoutLink(address: string): { readonly url: string; readonly token: string | null } {
  const at = address.indexOf("?");
  if (at < 0) return { url: address, token: null };
  const [query = "", ...fragment] = address.slice(at + 1).split("#");
  const parts = query.split("&");
  const kept = parts.filter((part) => nameOf(part) !== appLinkParameter);
  if (kept.length === parts.length) return { url: address, token: null };
  const [first = ""] = parts.filter((part) => nameOf(part) === appLinkParameter);
  const search = kept.length === 0 ? "" : `?${kept.join("&")}`;
  const hash = fragment.length === 0 ? "" : `#${fragment.join("#")}`;
  return { url: `${address.slice(0, at)}${search}${hash}`, token: decoded(first.slice(first.indexOf("=") + 1)) };
}

function nameOf(part: string): string {
  return decoded(part.split("=")[0] ?? "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
