import type { BlockRef } from "./read-blocks.ts";

/** Something of a template that is refused, or that its author ought to know. */
export interface Finding {
  readonly block: BlockRef;
  readonly reason: string;
}
