import type { ReactNode } from "react";
import type { ApiError } from "../api/api-error.ts";
import { DataTable, type DataTableProps } from "./data-table.tsx";
import { QueryFault } from "./query-fault.tsx";

interface ListingProps<Row> extends DataTableProps<Row> {
  readonly query: { readonly error: ApiError | null; readonly refetch: () => unknown };
  /** Instead of a table without rows. */
  readonly empty: ReactNode;
}

/** A table with the states that every list has: coming, refused, empty. */
export function Listing<Row>({ query, empty, ...table }: ListingProps<Row>) {
  const { rows } = table;
  return (
    <>
      <QueryFault query={query} />
      {rows === undefined && query.error !== null ? null : rows?.length === 0 ? empty : <DataTable {...table} />}
    </>
  );
}
