import { pageSizeDefault } from "../contracts/limits.ts";

export interface PageQuery {
  readonly limit?: number;
  readonly offset?: number;
}

/** Limit and offset of a list, with their defaults. */
export function pageOf(query: PageQuery): { readonly limit: number; readonly offset: number } {
  return { limit: query.limit ?? pageSizeDefault, offset: query.offset ?? 0 };
}

/** Years that a clock may show, however wrong it goes: a machine without a battery begins in 1970. */
const yearMin = 1970;
const yearMax = 9999;

/** An instant that another machine tells, as text for the database; now, where there is no such instant. */
export function toldInstant(text: string, now: Date): string {
  const at = new Date(text);
  const year = at.getUTCFullYear();
  return (year >= yearMin && year <= yearMax ? at : now).toISOString();
}

/** An instant as it travels. */
export function instant(date: Date): string;
export function instant(date: Date | null): string | null;
export function instant(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
