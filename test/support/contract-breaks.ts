/** A schema as it stands in a table of routes: JSON Schema, of which these keywords are used. */
interface Schema {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly maxLength?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly maximum?: number | undefined;
}

interface Sides {
  readonly sender: Schema;
  readonly receiver: Schema;
  /** Whether the receiver refuses what its schema does not allow. Who does not check only misses what it needs. */
  readonly isChecked: boolean;
}

/** What of a message that the sender's schema allows would not be understood by who has the receiver's schema. */
export function breaks(sides: Sides, at = ""): readonly string[] {
  const { sender, receiver, isChecked } = sides;
  const variants = variantsOf(sender);
  if (variants.length > 1 || variantsOf(receiver).length > 1) {
    return variants.flatMap((variant) => {
      const found = variantsOf(receiver)
        .filter((candidate) => isCounterpart(variant, candidate))
        .map((candidate) => breaks({ sender: variant, receiver: candidate, isChecked }, at));
      const [best] = found.toSorted((one, other) => one.length - other.length);
      return best ?? (isChecked ? [`${at}: ${nameOf(variant)} is not known`] : []);
    });
  }
  return [...missing(sides, at), ...(isChecked ? refused(sides, at) : []), ...deeper(sides, at)];
}

function missing({ sender, receiver }: Sides, at: string): readonly string[] {
  const always = new Set(sender.required);
  return (receiver.required ?? []).filter((name) => !always.has(name)).map((name) => `${at}.${name} may be missing`);
}

function refused({ sender, receiver }: Sides, at: string): readonly string[] {
  const names = Object.keys(sender.properties ?? {});
  const unknown =
    receiver.additionalProperties === false ? names.filter((name) => !(name in (receiver.properties ?? {}))) : [];
  const values =
    receiver.enum === undefined ? [] : (sender.enum ?? []).filter((value) => !receiver.enum?.includes(value));
  const limits = (["maxLength", "maxItems", "maximum"] as const).filter(
    (limit) => (sender[limit] ?? 0) > (receiver[limit] ?? Infinity),
  );
  return [
    ...unknown.map((name) => `${at}.${name} is refused`),
    ...values.map((value) => `${at}: ${String(value)} is not known`),
    ...limits.map((limit) => `${at}: its ${limit} is smaller`),
  ];
}

function deeper({ sender, receiver, isChecked }: Sides, at: string): readonly string[] {
  const inside = (one: Schema | undefined, other: Schema | undefined, name: string): readonly string[] =>
    one === undefined || other === undefined ? [] : breaks({ sender: one, receiver: other, isChecked }, `${at}${name}`);
  return [
    ...Object.entries(sender.properties ?? {}).flatMap(([name, one]) =>
      inside(one, receiver.properties?.[name], `.${name}`),
    ),
    ...inside(sender.items, receiver.items, "[]"),
  ];
}

const variantsOf = (schema: Schema): readonly Schema[] => schema.anyOf ?? [schema];

/** By what tells variants apart: their `kind`, their value, else their type. */
function isCounterpart(one: Schema, other: Schema): boolean {
  const kinds = [one, other].map((schema) => schema.properties?.["kind"]?.const);
  if (kinds.some((kind) => kind !== undefined)) return kinds[0] === kinds[1];
  return one.const === other.const && one.type === other.type;
}

const nameOf = (schema: Schema): string =>
  JSON.stringify(schema.properties?.["kind"]?.const ?? schema.const ?? schema.type ?? "a variant");
