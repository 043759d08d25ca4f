/**
 * The URL of `path`, which begins with a slash, on the server at `base`, which may itself lie below a path of a reverse
 * proxy: `new URL(path, base)` would leave that out.
 */
export function underUrl(base: string, path: string): string {
  return `${withoutEndSlash(base)}${path}`;
}

/** The one way to write a server's address: without a slash, a query or a fragment at its end. */
export function serverAddress(url: { readonly origin: string; readonly pathname: string }): string {
  return withoutEndSlash(`${url.origin}${url.pathname}`);
}

function withoutEndSlash(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "/") end -= 1;
  return text.slice(0, end);
}
