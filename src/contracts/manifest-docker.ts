import { Type } from "typebox";

/** The section `docker` of `template.yaml`, which only the docker driver reads. */
export const DockerSection = Type.Object({}, { additionalProperties: false });
