import { type Static, Type } from "typebox";
import { descriptionLengthMax, freeNameSchemaLengthMax, iconLengthMax, parameterValueLengthMax } from "./limits.ts";
import { formTypes } from "./parameter-definition.ts";

const closed = { additionalProperties: false } as const;
const scalar = Type.Union([Type.String({ maxLength: parameterValueLengthMax }), Type.Number(), Type.Boolean()]);

/** A value as it stands in the file: a text, a number or a truth, or a list of texts. */
export const ManifestValue = Type.Union([scalar, Type.Array(Type.String({ maxLength: parameterValueLengthMax }))]);
/** A name of a parameter or a preset. What it may be is said by `contracts/free-name.ts`, which counts characters. */
export const FreeName = Type.String({ minLength: 1, maxLength: freeNameSchemaLengthMax });
export const ManifestIcon = Type.String({ maxLength: iconLengthMax });

const Description = Type.String({ maxLength: descriptionLengthMax });
/** Places from the top; negative ones come before those that say nothing. */
const orderMax = 1_000_000;

const ManifestOption = Type.Object(
  {
    /** What people see instead of the value. */
    name: Type.Optional(Type.String({ maxLength: 64 })),
    value: scalar,
    description: Type.Optional(Description),
    icon: Type.Optional(ManifestIcon),
  },
  closed,
);

const ManifestValidation = Type.Object(
  {
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    /** Whether a later value may only grow or only shrink, compared with that of the build before. */
    monotonic: Type.Optional(Type.Union([Type.Literal("increasing"), Type.Literal("decreasing")])),
    regex: Type.Optional(Type.String({ maxLength: 512 })),
    /** `{min}`, `{max}` and `{value}` in it are replaced. */
    error: Type.Optional(Type.String({ maxLength: 256 })),
  },
  closed,
);

export const ManifestParameter = Type.Object(
  {
    name: FreeName,
    display_name: Type.Optional(Type.String({ maxLength: 64 })),
    /** Markdown. */
    description: Type.Optional(Description),
    icon: Type.Optional(ManifestIcon),
    /** Smaller ones come first; 0 unless said. Those of the same order stay as they stand in the file. */
    order: Type.Optional(Type.Integer({ minimum: -orderMax, maximum: orderMax })),
    type: Type.Optional(
      Type.Union([Type.Literal("string"), Type.Literal("number"), Type.Literal("bool"), Type.Literal("list")]),
    ),
    /** The control that asks for it; which ones fit which type is in `contracts/parameter-form.ts`. */
    form_type: Type.Optional(Type.Enum(formTypes)),
    /** Looks of the control, which decide nothing. */
    styling: Type.Optional(
      Type.Object(
        {
          disabled: Type.Optional(Type.Boolean()),
          placeholder: Type.Optional(Type.String({ maxLength: 256 })),
          mask_input: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    default: Type.Optional(ManifestValue),
    mutable: Type.Optional(Type.Boolean()),
    /** Asked for at each start, and not kept: the build after it has the default again. */
    ephemeral: Type.Optional(Type.Boolean()),
    /**
     * What it accepts, and its default, depend on what was chosen or on the person: what stands here is only as the import has
     * seen it. Written by the import alone.
     */
    dynamic: Type.Optional(Type.Boolean()),
    options: Type.Optional(Type.Array(ManifestOption, { minItems: 1, maxItems: 100 })),
    validation: Type.Optional(ManifestValidation),
  },
  closed,
);
export type ManifestParameter = Static<typeof ManifestParameter>;
