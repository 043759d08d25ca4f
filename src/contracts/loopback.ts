const loopbackAddress = /^127(?:\.\d{1,3}){3}$/;

/** Whether a host, as in a URL or as one binds to it, is this machine's own and nobody else reaches it. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return bare === "localhost" || bare.endsWith(".localhost") || bare === "::1" || loopbackAddress.test(bare);
}
