/** Capabilities that a container has unless the template asks for more: enough for sudo, apt and a web server. */
export const capabilitiesByDefault: readonly string[] = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "NET_BIND_SERVICE",
  "SETGID",
  "SETUID",
];
/** Further ones of Docker's own default set: a template may add them without anybody's leave. */
export const capabilitiesToAsk: readonly string[] = ["MKNOD", "NET_RAW", "SETFCAP", "SETPCAP", "SYS_CHROOT"];
