import { ArrowDown, ArrowUp } from "lucide-react";

export interface Sorting {
  readonly by: string;
  readonly order: "asc" | "desc";
  readonly onSort: (by: string, order: "asc" | "desc") => void;
}

interface SortHeaderProps {
  readonly column: { readonly header: string; readonly sortKey?: string };
  readonly sorting: Sorting | undefined;
}

/** A column's head; a button where the server can sort by it. */
export function SortHeader({ column: { header, sortKey }, sorting }: SortHeaderProps) {
  if (sortKey === undefined || sorting === undefined) {
    return (
      <th role="columnheader" scope="col" className="px-2.5 font-medium">
        {header}
      </th>
    );
  }
  const isSorted = sorting.by === sortKey;
  const Arrow = sorting.order === "asc" ? ArrowUp : ArrowDown;
  const next = isSorted && sorting.order === "asc" ? "desc" : "asc";
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={isSorted ? (sorting.order === "asc" ? "ascending" : "descending") : "none"}
      className="px-2.5 font-medium"
    >
      <button
        type="button"
        onClick={() => sorting.onSort(sortKey, next)}
        className="inline-flex min-h-[24px] items-center gap-1 rounded hover:text-text"
      >
        {header}
        {isSorted ? <Arrow size={12} aria-hidden /> : null}
      </button>
    </th>
  );
}
