import type { Schema } from "./schema-values.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly schema: Schema;
}

/** One route, as the OpenAPI document tells it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly credential: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  /** The body is an archive. */
  readonly isUpload: boolean;
}

interface Described {
  readonly operationId: string;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

/** What the document describes: whoever only has it can send all of this. */
export function operationsOf(document: unknown): readonly Operation[] {
  // The document is our own.
  const { paths } = document as { readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, described]) => described.operationId !== undefined)
      .map(([method, described]) => ({
        id: described.operationId,
        method: method.toUpperCase(),
        path,
        credential: Object.keys(described.security?.[0] ?? {})[0] ?? "none",
        parameters: described.parameters ?? [],
        body: described.requestBody?.content["application/json"]?.schema,
        isUpload: ["pushTemplate", "checkTemplate"].includes(described.operationId),
      })),
  );
}
