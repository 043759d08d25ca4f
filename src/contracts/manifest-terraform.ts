import { Type } from "typebox";

/** The section `terraform` of `template.yaml`, which only the terraform driver reads. */
export const TerraformSection = Type.Object(
  {
    /** Operations at once in one plan or apply, Terraform's `-parallelism`; 10 unless said. */
    parallelism: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
    /**
     * Who answers for `coder/coder` in a template that is written for Coder: Prewarm itself, or the original provider from
     * a registry or mirror. `builtin` unless said.
     */
    coder_provider: Type.Optional(Type.Union([Type.Literal("builtin"), Type.Literal("registry")])),
  },
  { additionalProperties: false },
);
