/**
 * Variables that change how Node, its libraries, curl, wget and Python work. In a workspace they are set for the person's
 * programs; the agent and what fetches it run without them, and hooks and commands get them back.
 */
export const shieldedVariables: readonly string[] = [
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_ENV",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_REPL_EXTERNAL_MODULE",
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "OPENSSL_CONF",
  "PYTHONPATH",
  "PYTHONHOME",
  "PYTHONSTARTUP",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
];

/** Variables with the path of certificates: kept away only where there is no such file. */
export const certificateVariables: readonly string[] = [
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
];

/** Under which name such a variable waits for the agent to give it back. */
export const keptPrefix = "PREWARM_KEPT_";

/** For `sh`: keeps them, and gives them away. */
export const keepShieldedScript = String.raw`keep() { eval "PREWARM_KEPT_$1=\$$1; export PREWARM_KEPT_$1; unset $1"; }
for name in ${shieldedVariables.join(" ")}; do
  eval "[ -z \"\${$name+set}\" ]" || keep "$name"
done
# A certificate that is there is what the server is trusted by.
for name in ${certificateVariables.join(" ")}; do
  eval "[ -z \"\${$name+set}\" ] || [ -r \"\$$name\" ]" || keep "$name"
done`;

/** The environment as it was before any of it was kept. */
export function withKeptGivenBack(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined) all[name.startsWith(keptPrefix) ? name.slice(keptPrefix.length) : name] = value;
  }
  return all;
}
