import { keygen, keyParser } from "./ssh2-modules.ts";

/** One key in two hundred that the library makes it cannot read itself; 20 in a row would be a wonder. */
const triesMax = 20;

/** A key pair as OpenSSH writes it, which can be read again. */
export function soundKeyPair(): ReturnType<typeof keygen.generateKeyPairSync> {
  for (let tries = 1; ; tries += 1) {
    const made = keygen.generateKeyPairSync("ed25519");
    const parsed = keyParser.parseKey(made.private);
    if (!(parsed instanceof Error)) return made;
    if (tries === triesMax) throw parsed;
  }
}
