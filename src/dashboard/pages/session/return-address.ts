/**
 * Where to go after the sign-in: only what is this server's own, as the browser reads it, which leaves out tabs and line
 * ends and takes `\` for `/`.
 */
export function returnAddress(to: string, origin: string): string | undefined {
  if (!to.startsWith("/") || !URL.canParse(to, origin)) return undefined;
  const at = new URL(to, origin);
  return at.origin === origin ? `${at.pathname}${at.search}${at.hash}` : undefined;
}
