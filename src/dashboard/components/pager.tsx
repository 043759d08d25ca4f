import { ChevronLeft, ChevronRight } from "lucide-react";
import { Button } from "./button.tsx";

export interface Paging {
  /** From 0. */
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}

export function Pager({ label, paging }: { readonly label: string; readonly paging: Paging }) {
  const { page, pageSize, total, onPage } = paging;
  if (total <= pageSize && page === 0) return <p className="mt-2 px-2.5 text-xs text-muted">{total} in all</p>;
  const first = page * pageSize + 1;
  const last = Math.min(total, first + pageSize - 1);
  return (
    <nav aria-label={`Pages of ${label}`} className="mt-3 flex flex-wrap items-center gap-2 px-2.5 text-xs text-muted">
      <span aria-live="polite">
        {first}–{last} of {total}
      </span>
      <Button
        icon={<ChevronLeft size={14} aria-hidden />}
        disabledBecause={page === 0 ? "This is the first page." : undefined}
        onClick={() => onPage(page - 1)}
      >
        Previous
      </Button>
      <Button disabledBecause={last >= total ? "This is the last page." : undefined} onClick={() => onPage(page + 1)}>
        Next
        <ChevronRight size={14} aria-hidden />
      </Button>
    </nav>
  );
}
