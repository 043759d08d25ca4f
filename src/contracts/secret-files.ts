import { type Static, Type } from "typebox";

/** What is wrong with a template's folder, and no reason to refuse it. */
export const TemplateWarning = Type.Object({
  file: Type.String(),
  /** Null where it is the file as a whole. */
  line: Type.Union([Type.Integer(), Type.Null()]),
  reason: Type.String(),
});
export type TemplateWarning = Static<typeof TemplateWarning>;

/** The stage under which the log of an import has them. */
export const secretsStage = "secrets";

/** So much of each file is looked at: a secret stands at a file's beginning, and a large file is none. */
export const secretScanBytesMax = 65_536;

interface SecretFileRule {
  /** Of the path below the template's folder, in small letters. */
  readonly path: RegExp;
  readonly what: string;
  /** Only with a line like this, which the warning names. */
  readonly line?: RegExp;
  /** Not with a text like this. */
  readonly unless?: RegExp;
}

/** Of a private key, where it stands: after blanks, or as a string of JSON. A script that looks for one has more behind it. */
const privateKey = /(?:^[ \t]*|["'])-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----(?:\\n|[ \t\r]*$)/m;

/** Names that tools give to what holds credentials; the first that fits speaks. */
const rules: readonly SecretFileRule[] = [
  { path: /(^|\/)\.env(\.(?!example$|sample$|template$|dist$)[^/]*)?$/, what: "holds the secrets of an environment" },
  // Certificates are public, and templates bring those of a company's authority.
  {
    path: /\.pem$/,
    what: "may hold a private key",
    unless: /^(?!.*PRIVATE KEY)[^]*-----BEGIN (TRUSTED |X509 )?(CERTIFICATE|PUBLIC KEY)-----/s,
  },
  { path: /(^|\/)id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/, what: "is the private key of an SSH client" },
  { path: /\.(p12|pfx|jks|ppk|kdbx)$/, what: "is a store of private keys or passwords" },
  { path: /(^|\/)\.aws\//, what: "holds credentials of AWS" },
  { path: /(^|\/)\.kube\/config$/, what: "holds credentials of a cluster" },
  { path: /(^|\/)\.docker\/config\.json$/, what: "holds credentials of image registries" },
  { path: /(^|\/)(credentials|\.git-credentials|\.netrc|\.pgpass)$/, what: "holds credentials" },
  // A variable in its place is how it is done well.
  {
    path: /(^|\/)\.npmrc$/,
    what: "holds a registry's token",
    line: /^[^#;\n]*_(?:authToken|auth|password)[ \t]*=[ \t]*(?!\$\{)\S/m,
  },
  {
    path: /(^|\/)(terraform\.tfvars|[^/]*\.auto\.tfvars)(\.json)?$/,
    what: "holds values of Terraform's variables, which are often secret",
  },
  { path: /\.tfstate(\.[^/]*)?$/, what: "holds a state of Terraform, with every secret that it knows" },
];

const nextText = "Whoever may read the template's files reads it: take it out, or name it in `.prewarmignore`";

/**
 * Whether a file of a template looks like a secret. A guess by name and beginning, so it warns and never refuses.
 * @param text The file's first `secretScanBytesMax` bytes.
 */
export function secretWarning(path: string, text: string): TemplateWarning | null {
  const name = path.toLowerCase();
  for (const { path: named, what, line, unless } of rules) {
    if (!named.test(name) || unless?.test(text) === true) continue;
    const found = line === undefined ? null : lineOf(text, line);
    if (line === undefined || found !== null) return { file: path, line: found, reason: reasonOf(what) };
  }
  const line = text.includes("PRIVATE KEY-----") ? lineOf(text, privateKey) : null;
  return line === null ? null : { file: path, line, reason: reasonOf("holds a private key") };
}

/** For a log, and wherever a warning is one line. */
export function warningText({ file, line, reason }: TemplateWarning): string {
  return `${file}${line === null ? "" : `:${line}`}: ${reason}.`;
}

const reasonOf = (what: string): string => `it ${what}. ${nextText}`;

/** The line, from one on, that a pattern is on. */
function lineOf(text: string, pattern: RegExp): number | null {
  const at = pattern.exec(text)?.index;
  return at === undefined ? null : text.slice(0, at).split("\n").length;
}
