import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Convert } from "typebox/value";
import { CodedError, type Problem } from "../contracts/errors.ts";

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const problemsMax = 20;

/** Checks requests against the schemas of the contract; query and path values are converted from text first. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  const isText = httpPart === "querystring" || httpPart === "params";
  return (data: unknown) => {
    const value: unknown = isText ? Convert(schema, { ...(data as object) }) : data;
    if (check.Check(value)) return { value };
    return { error: invalidRequest(check.Errors(value)) };
  };
};

function invalidRequest(errors: readonly SchemaError[]): CodedError {
  const problems = errors
    .filter((error) => error.keyword !== "boolean")
    .flatMap(problemsOf)
    .slice(0, problemsMax);
  const [first] = problems;
  const what =
    first === undefined ? "it is not valid" : `${first.field === "" ? "the body" : first.field}: ${first.reason}`;
  return new CodedError("invalid_request", `The request is not valid: ${what}.`, { problems });
}

function problemsOf(error: SchemaError): Problem[] {
  const field = error.instancePath.split("/").slice(1).join(".");
  const below = (name: string): string => (field === "" ? name : `${field}.${name}`);
  if (error.keyword === "required") {
    const names = error.params["requiredProperties"] as readonly string[];
    return names.map((name) => ({ field: below(name), reason: "it is missing" }));
  }
  if (error.keyword === "additionalProperties") {
    const names = error.params["additionalProperties"] as readonly string[];
    return names.map((name) => ({ field: below(name), reason: "there is no such field" }));
  }
  return [{ field, reason: `it ${error.message}` }];
}
