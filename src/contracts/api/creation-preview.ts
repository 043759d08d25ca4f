import { type Static, Type } from "typebox";
import { missReasons } from "../states.ts";
import { Parameters } from "./common-schemas.ts";

/** Of the newest creations with a preset, from the request until the workspace's agents were there. */
export const CreationEstimate = Type.Object({
  p50Ms: Type.Integer(),
  p90Ms: Type.Integer(),
  /** Creations that it is made from. */
  samples: Type.Integer(),
});

/** `warm`: with a prebuild; `cold`: without. Null while there has been none. */
export const CreationEstimates = Type.Object({
  warm: Type.Union([CreationEstimate, Type.Null()]),
  cold: Type.Union([CreationEstimate, Type.Null()]),
});

export const PresetJudged = Type.Object({
  name: Type.String(),
  /** Whether all that it fixes is what is asked. */
  isMatching: Type.Boolean(),
  differences: Type.Array(
    Type.Object({
      parameter: Type.String(),
      preset: Type.String(),
      /** Null: nothing was asked, and there is no default. */
      asked: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
export type PresetJudged = Static<typeof PresetJudged>;

export const CreationPreview = Type.Object({
  /** `waits`: for a prebuild, which may come (`mode: wait`); `refused`: for what `refusals` say. */
  outcome: Type.Enum(["claimed", "waits", "cold", "refused"]),
  /** Why no prebuild would be handed over; null when one would be. */
  missReason: Type.Union([Type.Enum(missReasons), Type.Null()]),
  /** The preset that would be used; null for none. */
  preset: Type.Union([Type.String(), Type.Null()]),
  /** Prebuilds that a claim could take now. */
  ready: Type.Integer(),
  presets: Type.Array(PresetJudged),
  /** Cost units; null where nothing is asked of a quota. */
  cost: Type.Union([
    Type.Object({ used: Type.Integer(), allowed: Type.Integer(), needed: Type.Integer() }),
    Type.Null(),
  ]),
  isNameFree: Type.Boolean(),
  /** All of them, as they would be. */
  parameters: Parameters,
  estimates: CreationEstimates,
  /** What the creation would be refused for; several at once where they do not depend on each other. */
  refusals: Type.Array(
    Type.Object({
      /** As in the request, for example `name` or `parameters.region`; null: it is about no field of it. */
      field: Type.Union([Type.String(), Type.Null()]),
      /** One of `docs/errors.md`; of a parameter `parameter_missing`, `_unknown`, `_invalid` or `_fixed_by_preset`. */
      code: Type.String(),
      message: Type.String(),
      next: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
export type CreationPreview = Static<typeof CreationPreview>;
