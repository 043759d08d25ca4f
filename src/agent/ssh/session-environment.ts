import { variablesBytesMax, variablesMax } from "./ssh-limits.ts";

type Variables = Readonly<Record<string, string>>;

/** What a client sets for its session, within bounds. */
export class SentVariables {
  readonly #values = new Map<string, string>();
  #bytes = 0;

  /** False: it is not taken. What a library's loader or the agent reads is not the client's to say. */
  set(name: string, value: string): boolean {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || /^(LD_|PREWARM_)/.test(name) || value.includes("\0")) return false;
    const bytes = this.#bytes + Buffer.byteLength(name) + Buffer.byteLength(value);
    if (this.#values.size >= variablesMax || bytes > variablesBytesMax) return false;
    this.#values.set(name, value);
    this.#bytes = bytes;
    return true;
  }

  get values(): Variables {
    return Object.fromEntries(this.#values);
  }
}

/** Where clients of the tunnel seem to come from. Shells and editors look whether it is set, and not at what it says. */
const connectionVariables: Variables = {
  SSH_CLIENT: "127.0.0.1 0 22",
  SSH_CONNECTION: "127.0.0.1 0 127.0.0.1 22",
};

/** What a session's command sees, from what is most general to what is the session's own. */
export function sessionEnvironment(parts: {
  readonly workspace: Variables;
  readonly account: { readonly name: string; readonly shell: string };
  readonly sent: Variables;
  readonly own: Variables;
}): Record<string, string> {
  const { name, shell } = parts.account;
  return {
    ...parts.workspace,
    SHELL: shell,
    USER: name,
    LOGNAME: name,
    ...parts.sent,
    ...connectionVariables,
    ...parts.own,
  };
}
