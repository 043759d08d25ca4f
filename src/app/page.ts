import { pageSizeDefault } from "../contracts/limits.ts";

export interface PageQuery {
  readonly limit?: number;
  readonly offset?: number;
}

/** Limit and offset of a list, with their defaults. */
export function pageOf(query: PageQuery): { readonly limit: number; readonly offset: number } {
  return { limit: query.limit ?? pageSizeDefault, offset: query.offset ?? 0 };
}

/** An instant as it travels. */
export function instant(date: Date): string;
export function instant(date: Date | null): string | null;
export function instant(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
