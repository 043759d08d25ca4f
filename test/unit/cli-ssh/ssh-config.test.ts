import { expect, test } from "vitest";
import { doPrefixesMeet, makeSection, parseSshConfig, renderSshConfig } from "../../../src/cli/ssh/ssh-config.ts";

const deployment = { url: "http://127.0.0.1:7080", prefix: "prewarm.", context: null, organization: null };
const options = {
  deployment,
  program: ["/usr/bin/node", "/opt/prewarm/bin/prewarm"],
  knownHosts: "/home/a/.ssh/prewarm/known_hosts",
};

test("the block names each workspace, and all others by a pattern that no quote passes", () => {
  expect(makeSection(options, ["dev", "api"]).text).toBe(`# deployment ${JSON.stringify(deployment)}
Host prewarm.api prewarm.dev prewarm.* "!*'*"
  User prewarm
  ProxyCommand /usr/bin/node /opt/prewarm/bin/prewarm ssh --stdio --url http://127.0.0.1:7080 --prefix prewarm. --known-hosts /home/a/.ssh/prewarm/known_hosts '%h'
  UserKnownHostsFile /home/a/.ssh/prewarm/known_hosts
  StrictHostKeyChecking yes
  HostKeyAlgorithms ssh-ed25519
  ConnectTimeout 0
  ServerAliveInterval 15
  ServerAliveCountMax 4
  IgnoreUnknown WarnWeakCrypto
  WarnWeakCrypto no-pq-kex`);
});

test("blanks, quotes and percent signs of paths and contexts stay what they are", () => {
  const { text } = makeSection(
    {
      deployment: { ...deployment, context: "it's", organization: "a b" },
      program: ["/a b/node", "/100%/prewarm"],
      knownHosts: '/x "y"/%h',
    },
    [],
  );
  expect(text).toContain(`ProxyCommand '/a b/node' /100%%/prewarm ssh`);
  expect(text).toContain(`--known-hosts '/x "y"/%%h' --context 'it'\\''s' --organization 'a b' '%h'`);
  expect(text).toContain(String.raw`UserKnownHostsFile "/x \"y\"/%%h"`);
});

test("the file is read back as the sections that it was written from", () => {
  const one = makeSection(options, ["dev"]);
  const other = makeSection({ ...options, deployment: { ...deployment, prefix: "work.", organization: "web" } }, []);
  const text = renderSshConfig([other, one]);
  expect(parseSshConfig(text)).toEqual([one, other]);
  expect(renderSshConfig(parseSshConfig(text))).toBe(text);
});

test.each([
  "",
  "Host a\n  User b\n",
  "# deployment {\nHost a\n",
  "# deployment []\n",
  '# deployment {"url":1}\n',
])("a text that nobody wrote has no sections: %j", (text) => {
  expect(parseSshConfig(text)).toEqual([]);
});

test("prefixes meet when hosts of one could be taken for the other's", () => {
  expect(doPrefixesMeet("prewarm.", "prewarm.")).toBe(true);
  expect(doPrefixesMeet("prewarm.", "prewarm.work.")).toBe(true);
  expect(doPrefixesMeet("prewarm.", "prewarm-2.")).toBe(false);
  expect(doPrefixesMeet("a.", "b.")).toBe(false);
});
