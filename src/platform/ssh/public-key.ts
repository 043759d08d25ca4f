import { createHash, createPublicKey } from "node:crypto";

export interface PublicKey {
  readonly type: string;
  /** A line of `authorized_keys`, without a comment. */
  readonly line: string;
  /** `SHA256:…`, as `ssh-keygen -l` says it. */
  readonly fingerprint: string;
  /** What was written behind the key; "" without. */
  readonly comment: string;
}

const rsaBitsMin = 2_048;
/** As OpenSSH has it: more is only slow. */
const rsaBitsMax = 16_384;
const curves: Readonly<Record<string, { readonly crv: string; readonly bytes: number }>> = {
  nistp256: { crv: "P-256", bytes: 32 },
  nistp384: { crv: "P-384", bytes: 48 },
  nistp521: { crv: "P-521", bytes: 66 },
};

/** @returns the key that the text of a `.pub` file is; else what is wrong with it, as an end of a sentence. */
export function parsePublicKey(text: string): PublicKey | string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (/PRIVATE KEY/.test(text)) return "it is a private key; give the file beside it that ends with .pub";
  const [line = "", ...more] = lines;
  if (more.length > 0) return "it has several lines; give one key at a time";
  const [type = "", base64 = "", ...comment] = line.trim().split(/\s+/);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return "it is no line such as `ssh-ed25519 AAAA… name`, as a file that ends with .pub has it";
  }
  const blob = Buffer.from(base64, "base64");
  const problem = problemOf(type, blob);
  if (problem !== null) return problem;
  const fingerprint = fingerprintOf(blob);
  return { type, line: `${type} ${blob.toString("base64")}`, fingerprint, comment: comment.join(" ") };
}

/** @param blob as SSH has the key on the wire. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replaceAll("=", "")}`;
}

function problemOf(type: string, blob: Buffer): string | null {
  const [named, ...parts] = stringsOf(blob) ?? [];
  if (named?.toString("latin1") !== type) return "its two halves disagree: it was not copied whole";
  try {
    if (type === "ssh-ed25519") return problemOfEd25519(parts);
    if (type === "ssh-rsa") return problemOfRsa(parts);
    if (type.startsWith("ecdsa-sha2-")) return problemOfEcdsa(type.slice("ecdsa-sha2-".length), parts);
  } catch {
    return "its numbers are those of no key";
  }
  return `keys of the type ${type.slice(0, 64)} are not taken; ed25519, ecdsa and rsa are`;
}

function problemOfEd25519(parts: readonly Buffer[]): string | null {
  const [point, ...more] = parts;
  if (point?.length !== 32 || more.length > 0) return "it is cut, or too long";
  createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") }, format: "jwk" });
  return null;
}

function problemOfRsa(parts: readonly Buffer[]): string | null {
  const [exponent, modulus, ...more] = parts;
  if (exponent === undefined || modulus === undefined || more.length > 0) return "it is cut, or too long";
  const bits = BigInt(`0x${modulus.toString("hex") || "0"}`).toString(2).length;
  if (bits < rsaBitsMin || bits > rsaBitsMax) {
    return `it has ${bits} bits, and an rsa key is to have ${rsaBitsMin} to ${rsaBitsMax}`;
  }
  const [e, n] = [exponent, modulus].map((number) => number.toString("base64url"));
  createPublicKey({ key: { kty: "RSA", e: e ?? "", n: n ?? "" }, format: "jwk" });
  return null;
}

function problemOfEcdsa(name: string, parts: readonly Buffer[]): string | null {
  const [curve, point, ...more] = parts;
  const known = curves[name];
  const isWhole = known !== undefined && point?.length === 1 + 2 * known.bytes && point[0] === 4 && more.length === 0;
  if (!isWhole || curve?.toString("latin1") !== name) return "it is cut, or of a curve that is not taken";
  const [x, y] = [point.subarray(1, 1 + known.bytes), point.subarray(1 + known.bytes)];
  const key = { kty: "EC", crv: known.crv, x: x.toString("base64url"), y: y.toString("base64url") };
  createPublicKey({ key, format: "jwk" });
  return null;
}

/** The strings that all of it consists of; undefined where it does not. */
function stringsOf(blob: Buffer): readonly Buffer[] | undefined {
  const strings: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings;
}
