import { Type } from "typebox";

/** The section `terraform` of `template.yaml`, which only the terraform driver reads. */
export const TerraformSection = Type.Object(
  {
    /** Operations at once in one plan or apply, Terraform's `-parallelism`; 10 unless said. */
    parallelism: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
  },
  { additionalProperties: false },
);
