import { hookTimeoutSecondsDefault } from "../../contracts/limits.ts";

/** SQL: how many seconds these hooks of an agent `m` of a manifest may take together; 0 for those that it does not have. */
export function hookSeconds(...names: readonly ("prewarm" | "start" | "claim")[]): string {
  const seconds = names.map(
    (name) => `case when m #> '{hooks,${name}}' is null then 0
          else coalesce((m #>> '{hooks,${name},timeout}')::float8, ${hookTimeoutSecondsDefault}) end`,
  );
  return `(${seconds.join("\n        + ")})`;
}
