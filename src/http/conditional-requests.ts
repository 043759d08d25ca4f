import type { FastifyRequest } from "fastify";

/** Whether the caller takes an answer in this coding; one with `q=0` is one that he refuses. */
export function acceptsCoding(request: FastifyRequest, coding: "br" | "gzip"): boolean {
  const asked = String(request.headers["accept-encoding"] ?? "").split(",");
  return asked.some((one) => {
    const [name = "", ...parameters] = one.split(";").map((part) => part.trim().toLowerCase());
    return (name === coding || name === "*") && !parameters.some((part) => /^q=0(\.0*)?$/.test(part));
  });
}

/** Whether he has it already. A proxy that compresses makes a name weak, and it is still the same thing. */
export function isKnownToCaller(request: FastifyRequest, etag: string): boolean {
  const known = request.headers["if-none-match"];
  return known !== undefined && known.split(",").some((name) => [etag, `W/${etag}`, "*"].includes(name.trim()));
}
