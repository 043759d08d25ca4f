import { Type } from "typebox";

/** The section `terraform` of `template.yaml`, which only the terraform driver reads. */
export const TerraformSection = Type.Object({}, { additionalProperties: false });
