import type { SearchQuery } from "../search/query-language.ts";
import { Banner } from "./banner.tsx";

interface UnknownKeysProps {
  readonly query: SearchQuery;
  readonly known: readonly string[];
}

/** A key that a list does not have is named, never passed over. */
export function UnknownKeys({ query: { unknown }, known }: UnknownKeysProps) {
  if (unknown.length === 0) return null;
  return (
    <Banner tone="warn">
      Nobody knows {unknown.map((key) => `“${key}:”`).join(", ")} here; there are{" "}
      {known.map((key) => `${key}:`).join(", ")}.
    </Banner>
  );
}
