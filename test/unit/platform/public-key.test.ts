import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { parsePublicKey } from "../../../src/platform/ssh/public-key.ts";
import { makeSshKey, sshString } from "../../../src/platform/ssh-ed25519.ts";

type Jwk = Readonly<Partial<Record<"x" | "y" | "e" | "n", string>>>;
const bytes = (text = ""): Buffer => Buffer.from(text, "base64url");
const line = (type: string, ...parts: readonly (string | Buffer)[]): string =>
  `${type} ${Buffer.concat([type, ...parts].map(sshString)).toString("base64")}`;

function rsa(modulusLength: number): string {
  const { e, n } = generateKeyPairSync("rsa", { modulusLength }).publicKey.export({ format: "jwk" }) as Jwk;
  return line("ssh-rsa", bytes(e), Buffer.concat([Buffer.of(0), bytes(n)]));
}

function ecdsa(curve: string, name: string): string {
  const { x, y } = generateKeyPairSync("ec", { namedCurve: curve }).publicKey.export({ format: "jwk" }) as Jwk;
  return line(`ecdsa-sha2-${name}`, name, Buffer.concat([Buffer.of(4), bytes(x), bytes(y)]));
}

test.each([
  ["ed25519", makeSshKey().publicKey],
  ["rsa of 2,048 bits", rsa(2_048)],
  ["ecdsa on P-256", ecdsa("P-256", "nistp256")],
  ["ecdsa on P-384", ecdsa("P-384", "nistp384")],
  ["ecdsa on P-521", ecdsa("P-521", "nistp521")],
])("a key of %s is taken, with what is written behind it as its name", (_, text) => {
  const blob = Buffer.from(text.split(" ")[1] ?? "", "base64");
  const fingerprint = `SHA256:${createHash("sha256").update(blob).digest("base64").replaceAll("=", "")}`;
  const [type] = text.split(" ");
  expect(parsePublicKey(`\n${text}  ann's laptop\r\n`)).toEqual({
    type,
    line: text,
    fingerprint,
    comment: "ann's laptop",
  });
});

const good = makeSshKey().publicKey;
const blob = Buffer.from(good.split(" ")[1] ?? "", "base64");

test.each([
  ["a private key", makeSshKey().privateKey, /private key/],
  ["nothing", "", /no line such as/],
  ["a word", "hello", /no line such as/],
  ["two keys", `${good}\n${good}`, /several lines/],
  ["options before it", `command="ls" ${good}`, /no line such as/],
  ["a key that is cut", `ssh-ed25519 ${blob.subarray(0, -4).toString("base64")}`, /disagree|cut/],
  ["a key that is too long", `ssh-ed25519 ${Buffer.concat([blob, sshString("x")]).toString("base64")}`, /too long/],
  ["another type in front", `ssh-rsa ${blob.toString("base64")}`, /disagree/],
  ["rsa of 1,024 bits", rsa(1_024), /1024 bits, and an rsa key is to have 2048/],
  ["dsa", line("ssh-dss", Buffer.alloc(128, 1)), /not taken; ed25519, ecdsa and rsa are/],
  ["a key of hardware", line("sk-ssh-ed25519@openssh.com", Buffer.alloc(32, 1), "ssh:"), /not taken/],
  [
    "a point that is on no curve",
    line("ecdsa-sha2-nistp256", "nistp256", Buffer.alloc(65, 4)),
    /numbers are those of no key/,
  ],
  ["another curve inside", line("ecdsa-sha2-nistp256", "nistp384", Buffer.alloc(65, 4)), /curve that is not taken/],
])("%s is refused, and it is said why", (_, text, words) => {
  expect(parsePublicKey(text)).toMatch(words);
});

test("whatever the bytes are, it is a key or a reason", () => {
  for (let length = 0; length < blob.length; length += 1) {
    expect(typeof parsePublicKey(`ssh-ed25519 ${blob.subarray(0, length).toString("base64")}`)).toBe("string");
  }
});

test("the fingerprint is that of ssh-keygen", (context) => {
  try {
    const said = execFileSync("ssh-keygen", ["-l", "-f", "-"], { input: `${good} me\n` }).toString();
    const key = parsePublicKey(good);
    expect(said).toContain(` ${typeof key === "string" ? key : key.fingerprint} `);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return context.skip("ssh-keygen is not installed");
    throw error;
  }
});
