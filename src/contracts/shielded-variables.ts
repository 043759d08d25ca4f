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
