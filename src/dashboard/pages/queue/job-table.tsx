import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { Job } from "../../../contracts/api/jobs.ts";
import { cancelRefusal } from "../../../contracts/job-actions.ts";
import type { ApiError } from "../../api/api-error.ts";
import type { Column } from "../../components/data-table.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Listing } from "../../components/listing.tsx";
import type { Paging } from "../../components/pager.tsx";
import { jobAddress, jobTitle } from "./job-words.tsx";

interface JobTableProps {
  readonly label: string;
  readonly query: { readonly error: ApiError | null; readonly refetch: () => unknown };
  /** Absent while they are asked for. */
  readonly rows: readonly Job[] | undefined;
  readonly columns: readonly Column<Job>[];
  readonly paging?: Paging;
  readonly empty: ReactNode;
  /** Absent where nothing can be cancelled any more. */
  readonly onCancel?: (job: Job) => void;
}

export function JobTable({ label, query, rows, columns, paging, empty, onCancel }: JobTableProps) {
  return (
    <Listing
      query={query}
      label={label}
      columns={columns}
      rows={rows}
      idOf={({ id }) => id}
      nameOf={jobTitle}
      addressOf={({ id }) => jobAddress(id)}
      {...(paging === undefined ? {} : { paging })}
      empty={<p className="py-2 text-muted">{empty}</p>}
      {...(onCancel === undefined
        ? {}
        : {
            actionsOf: (job: Job) => (
              <IconButton
                label={`Cancel ${jobTitle(job)}`}
                icon={<X size={15} aria-hidden />}
                disabledBecause={cancelRefusal(job)}
                onClick={() => onCancel(job)}
              />
            ),
          })}
    />
  );
}
