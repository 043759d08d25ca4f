// What stands between OpenSSH's client and a workspace in tests: a `ProxyCommand`, without the command line's own rules.
import { writeFileSync } from "node:fs";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";

const [url = "", token = "", knownHosts = ""] = process.argv.slice(2);

const stream = await openTunnel({
  url,
  token,
  agent: null,
  service: { kind: "ssh" },
  onAccepted: ({ hostKey }) => writeFileSync(knownHosts, `workspace ${hostKey ?? ""}\n`),
});
stream.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(255);
});
process.stdin.pipe(stream).pipe(process.stdout);
