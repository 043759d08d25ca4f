import { gunzipSync } from "node:zlib";
import { providerStateBytesMax } from "../../contracts/limits.ts";

/** What stands where something must not be shown. */
export const maskedText = "(redacted)";

type Fields = Readonly<Record<string, unknown>>;

/** Names of values that are secrets whatever marks them, as providers write them in states. */
const secretName =
  /(token|password|passwd|secret|private|private_key|privatekey|access_key|api_key|credentials?|kubeconfig)$/i;
/** Every secret that this deployment issues begins so; see `newSecret`. */
const issuedSecret = /pw_[a-z]+_[A-Za-z0-9_-]{20,}/g;
/** What is as short is found in too many texts that are none. */
const tokenLengthMin = 12;

/**
 * A state as people may see it: with its structure, addresses and ids, and without what opens anything. Masked are the
 * tokens of agents wherever they stand, also in base64; what Terraform marks as sensitive, in outputs and attributes;
 * what providers keep for themselves; and what has the name of a secret. Terraform's state file, which its driver packs,
 * is unpacked for that.
 */
export function shownState(state: unknown): unknown {
  const mask = maskOf(tokensIn(state));
  if (!isFields(state) || typeof state["tfstate"] !== "string") return shown(state, mask);
  return { ...fieldsOf(shown({ ...state, tfstate: null }, mask)), tfstate: shown(tfstateIn(state["tfstate"]), mask) };
}

function tfstateIn(packed: string): unknown {
  const limit = { maxOutputLength: 2 * providerStateBytesMax };
  const tfstate: unknown = JSON.parse(gunzipSync(Buffer.from(packed, "base64"), limit).toString("utf8"));
  if (!isFields(tfstate)) return null;
  return {
    ...tfstate,
    outputs: Object.fromEntries(Object.entries(fieldsOf(tfstate["outputs"])).map(([name, out]) => [name, output(out)])),
    resources: itemsOf(tfstate["resources"]).map((resource) => ({
      ...fieldsOf(resource),
      instances: itemsOf(fieldsOf(resource)["instances"]).map((instance) => withoutSensitive(fieldsOf(instance))),
    })),
  };
}

function output(value: unknown): unknown {
  const fields = fieldsOf(value);
  return fields["sensitive"] === true ? { ...fields, value: maskedText } : fields;
}

/** `sensitive_attributes` is a list of paths; all of an attribute is masked in which one of them begins. */
function withoutSensitive(instance: Fields): Fields {
  const names = itemsOf(instance["sensitive_attributes"]).map((path) => fieldsOf(itemsOf(path)[0])["value"]);
  const attributes = Object.entries(fieldsOf(instance["attributes"])).map(([name, value]) => {
    // A path that begins with no name is one to everything.
    const isSensitive = names.some((marked) => typeof marked !== "string" || marked === name);
    return [name, isSensitive ? maskedText : value] as const;
  });
  return { ...instance, attributes: Object.fromEntries(attributes) };
}

function shown(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item) => shown(item, mask));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const isSecret = secretName.test(name) && item !== null && item !== "" && typeof item !== "boolean";
      return [mask(name), isSecret ? maskedText : shown(item, mask)];
    }),
  );
}

/** The tokens of the agents, as the drivers keep them. */
function tokensIn(state: unknown): readonly string[] {
  return itemsOf(fieldsOf(state)["agents"])
    .map((agent) => fieldsOf(agent)["token"])
    .filter((token): token is string => typeof token === "string" && token.length >= tokenLengthMin);
}

function maskOf(tokens: readonly string[]): (text: string) => string {
  const hidden = tokens.flatMap((token) => [token, ...insideBase64(token)]);
  return (text) =>
    hidden.reduce((left, secret) => left.replaceAll(secret, maskedText), text).replaceAll(issuedSecret, maskedText);
}

/**
 * What of a token's bytes is certain in the base64 of a text around it, at each of the three places where it may begin
 * in a group of three bytes: machines are given their first commands so.
 */
function insideBase64(token: string): readonly string[] {
  const bytes = Buffer.from(token);
  return [0, 1, 2].map((skipped) => {
    const whole = bytes.subarray(skipped);
    return whole.subarray(0, whole.length - (whole.length % 3)).toString("base64");
  });
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
