import type { ReactNode } from "react";
import { useGoTo } from "../state/url-state.ts";
import { classNames } from "./class-names.ts";
import { Checkbox } from "./checkbox.tsx";
import { OfferedFrom, useOffer } from "./offered-actions.ts";
import { PageLink } from "./page-link.tsx";
import { Pager, type Paging } from "./pager.tsx";
import { useIsSlow } from "./skeleton.tsx";
import { SortHeader, type Sorting } from "./sort-header.tsx";
import { useRowKeys } from "./use-row-keys.ts";

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** The server can sort by it, under this name. */
  readonly sortKey?: string;
}

export interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** Absent while they are asked for. */
  readonly rows: readonly Row[] | undefined;
  readonly idOf: (row: Row) => string;
  /** Name of a row, which is the link to its page where it has one. */
  readonly nameOf: (row: Row) => string;
  readonly addressOf?: (row: Row) => string;
  readonly sorting?: Sorting;
  readonly paging?: Paging;
  readonly actionsOf?: (row: Row) => ReactNode;
  /** What further single keys do with the row that has the focus. */
  readonly rowKeys?: Readonly<Record<string, (row: Row) => void>>;
  readonly selection?: {
    readonly selected: ReadonlySet<string>;
    readonly onChange: (selected: ReadonlySet<string>) => void;
  };
}

const loadingRows = 5;
const rowLook =
  "border-b border-line hover:bg-hover focus-within:bg-hover max-sm:mb-3 max-sm:block max-sm:rounded-lg max-sm:border max-sm:p-2";
const cellLook = "px-2.5 align-middle max-sm:flex max-sm:items-baseline max-sm:gap-3 max-sm:px-1 max-sm:py-1";

/**
 * Rows of the server, sorted and paged there. `j` and `k` go over them, Enter opens, `x` selects; on a narrow screen each
 * is a card. The roles are said besides: a table that is drawn as blocks is none for a screen reader.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, sorting, paging, selection, actionsOf } = props;
  const bodyRef = useRowKeys((key, id) => {
    const row = rows?.find((one) => props.idOf(one) === id);
    if (row !== undefined) props.rowKeys?.[key]?.(row);
  });
  return (
    <div>
      <table
        role="table"
        aria-label={label}
        aria-busy={rows === undefined}
        className="w-full border-collapse max-sm:block"
      >
        <thead role="rowgroup" className="max-sm:sr-only">
          <tr role="row" className="h-9 border-b border-line-strong text-left text-xs text-muted">
            {selection === undefined ? null : (
              <th role="columnheader" scope="col" className="w-8 px-2">
                <SelectPage table={props} />
              </th>
            )}
            {columns.map((column) => (
              <SortHeader key={column.id} column={column} sorting={sorting} />
            ))}
            {actionsOf === undefined ? null : (
              <th role="columnheader" scope="col" className="w-10">
                <span className="sr-only">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody ref={bodyRef} role="rowgroup" className="max-sm:block">
          {rows === undefined ? (
            <LoadingRows columns={columns.length + (actionsOf === undefined ? 0 : 1)} />
          ) : (
            rows.map((row) => <DataRow key={props.idOf(row)} row={row} table={props} />)
          )}
        </tbody>
      </table>
      {paging === undefined ? null : <Pager label={label} paging={paging} />}
    </div>
  );
}

/** All rows of this page, beside those that are selected on others. */
function SelectPage<Row>({ table: { rows = [], selection, idOf } }: { readonly table: DataTableProps<Row> }) {
  if (selection === undefined) return null;
  const ids = rows.map(idOf);
  const isAll = ids.length > 0 && ids.every((id) => selection.selected.has(id));
  const select = (isOn: boolean): void => {
    const others = [...selection.selected].filter((id) => !ids.includes(id));
    selection.onChange(new Set(isOn ? [...others, ...ids] : others));
  };
  return <Checkbox label="Select all of this page" isLabelHidden isChecked={isAll} onChange={select} />;
}

function DataRow<Row>({ row, table }: { readonly row: Row; readonly table: DataTableProps<Row> }) {
  const { columns, selection, actionsOf, idOf, nameOf, addressOf } = table;
  const id = idOf(row);
  const isSelected = selection?.selected.has(id) ?? false;
  const select = (isOn: boolean): void => {
    const others = [...(selection?.selected ?? [])].filter((other) => other !== id);
    selection?.onChange(new Set(isOn ? [...others, id] : others));
  };
  return (
    <tr role="row" data-row-id={id} data-selected={isSelected} className={rowLook}>
      <OfferedFrom value={{ kind: "row", id, name: nameOf(row) }}>
        {addressOf === undefined ? null : <OpenOffer address={addressOf(row)} />}
        {selection === undefined ? null : (
          <td role="cell" className="w-8 px-2">
            <Checkbox label={`Select ${nameOf(row)}`} isLabelHidden isChecked={isSelected} onChange={select} />
          </td>
        )}
        {columns.map((column, place) => (
          <td key={column.id} role="cell" className={classNames(cellLook, "h-(--row) max-sm:h-auto")}>
            {place === 0 ? null : (
              <span aria-hidden className="hidden w-24 shrink-0 text-xs text-muted max-sm:inline">
                {column.header}
              </span>
            )}
            {place === 0 ? (
              <span className="min-w-0">
                {addressOf === undefined ? (
                  <span className="font-medium break-all">{nameOf(row)}</span>
                ) : (
                  <PageLink
                    to={addressOf(row)}
                    data-row-link
                    className="inline-flex min-h-[24px] items-center font-medium break-all text-text hover:underline"
                  >
                    {nameOf(row)}
                  </PageLink>
                )}
                {column.cell(row)}
              </span>
            ) : (
              <span className="min-w-0">{column.cell(row)}</span>
            )}
          </td>
        ))}
        {actionsOf === undefined ? null : (
          <td role="cell" className="w-10 text-right">
            {actionsOf(row)}
          </td>
        )}
      </OfferedFrom>
    </tr>
  );
}

/** To open it is the first of what a row offers, where it has a page. */
function OpenOffer({ address }: { readonly address: string }) {
  const goTo = useGoTo();
  useOffer([{ label: "Open", run: () => goTo(address) }]);
  return null;
}

/** As high as the rows that are to come, and seen only when they are slow. */
function LoadingRows({ columns }: { readonly columns: number }) {
  const isSlow = useIsSlow();
  return Array.from({ length: loadingRows }, (_, row) => (
    <tr key={row} role="row" className={classNames(rowLook, !isSlow && "invisible")}>
      {Array.from({ length: columns }, (_unused, column) => (
        <td key={column} role="cell" className={classNames(cellLook, "h-(--row)")}>
          <div className="h-4 w-24 animate-pulse rounded bg-pressed" />
        </td>
      ))}
    </tr>
  ));
}
