import { Check, Minus, User } from "lucide-react";
import { type ReactNode, useCallback } from "react";
import { Button } from "../../components/button.tsx";
import { Chip } from "../../components/chip.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { useUrlState } from "../../state/url-state.ts";
import {
  type Allowance,
  type MatrixRole,
  matrixRoles,
  type Permission,
  type PermissionArea,
  permissionAreas,
} from "./role-permissions.ts";

const roleNames: Readonly<Record<MatrixRole, string>> = {
  member: "Member",
  template_admin: "Template admin",
  administrator: "Administrator",
};
const allowanceWords: Readonly<Record<Allowance, string>> = {
  all: "yes",
  own: "own",
  own_and_prebuilds: "own and prebuilds",
  none: "no",
};
const icons: Readonly<Record<Allowance, ReactNode>> = {
  all: <Check size={14} aria-hidden className="mt-0.5 shrink-0 text-ok" />,
  own: <User size={14} aria-hidden className="mt-0.5 shrink-0" />,
  own_and_prebuilds: <User size={14} aria-hidden className="mt-0.5 shrink-0" />,
  none: <Minus size={14} aria-hidden className="mt-0.5 shrink-0" />,
};

/** What each role may do: the table by which the server's routes are declared, and no other. */
export default function RolesSection() {
  const [{ q = "", from = "" }, change] = useUrlState();
  const search = useCallback((text: string) => change({ q: text }), [change]);
  const role = matrixRoles.find((one) => one === from);
  const found = permissionAreas(PREWARM_PERMISSIONS, { words: q, from: role });
  return (
    <>
      <p className="mb-3 max-w-3xl text-muted">
        Members and template admins do this in the organizations in which they have the role, administrators everywhere.
        “Own” is what belongs to oneself, “prebuilds” are those that nobody has claimed.
      </p>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField isMain label="Search permissions" value={q} placeholder="secret, delete, pool" onChange={search} />
        <div role="group" aria-label="What one has for a role" className="flex flex-wrap gap-1.5">
          <Chip isOn={role === undefined} onClick={() => change({ from: "" })}>
            All
          </Chip>
          <Chip isOn={role === "template_admin"} onClick={() => change({ from: "template_admin" })}>
            More than a member
          </Chip>
          <Chip isOn={role === "administrator"} onClick={() => change({ from: "administrator" })}>
            More than a template admin
          </Chip>
        </div>
      </div>
      {found.length === 0 ? (
        <EmptyState
          title="No permission matches."
          action={<Button onClick={() => change({ q: "", from: "" })}>Clear filter</Button>}
        />
      ) : (
        <Matrix areas={found} />
      )}
    </>
  );
}

const columnLook = "w-28 px-2 text-left align-middle text-xs font-medium text-muted sm:w-36";

/** The roles are said besides, as in other tables: what is drawn as blocks on a narrow screen is none otherwise. */
function Matrix({ areas }: { readonly areas: readonly PermissionArea[] }) {
  return (
    <table role="table" aria-label="Roles" className="w-full table-fixed border-collapse max-sm:block">
      <thead role="rowgroup" className="max-sm:sr-only">
        <tr role="row" className="h-9 border-b border-line-strong">
          <th role="columnheader" scope="col" className="px-2 text-left text-xs font-medium text-muted">
            Permission
          </th>
          {matrixRoles.map((role) => (
            <th key={role} role="columnheader" scope="col" className={columnLook}>
              {roleNames[role]}
            </th>
          ))}
        </tr>
      </thead>
      {areas.map(({ label, permissions }) => (
        <tbody key={label} role="rowgroup" className="max-sm:block">
          <tr role="row" className="max-sm:block">
            <th
              role="rowheader"
              scope="rowgroup"
              colSpan={matrixRoles.length + 1}
              className="px-2 pt-5 pb-1 text-left text-sm font-semibold max-sm:block max-sm:px-0"
            >
              {label}
            </th>
          </tr>
          {permissions.map((permission) => (
            <PermissionRow key={permission.id} permission={permission} />
          ))}
        </tbody>
      ))}
    </table>
  );
}

function PermissionRow({ permission: { summary, allowed } }: { readonly permission: Permission }) {
  return (
    <tr
      role="row"
      className="border-b border-line hover:bg-hover max-sm:mb-2 max-sm:block max-sm:rounded-lg max-sm:border max-sm:p-2"
    >
      <th
        role="rowheader"
        scope="row"
        className="px-2 py-1.5 text-left align-top font-normal wrap-anywhere max-sm:block max-sm:px-1"
      >
        {summary}
      </th>
      {matrixRoles.map((role) => (
        <td
          key={role}
          role="cell"
          className="px-2 py-1.5 align-top max-sm:flex max-sm:items-baseline max-sm:gap-3 max-sm:px-1 max-sm:py-0.5"
        >
          <span aria-hidden className="hidden w-28 shrink-0 text-xs text-muted max-sm:inline">
            {roleNames[role]}
          </span>
          <span className={`inline-flex items-start gap-1.5 ${allowed[role] === "none" ? "text-muted" : "text-text"}`}>
            {icons[allowed[role]]}
            {allowanceWords[allowed[role]]}
          </span>
        </td>
      ))}
    </tr>
  );
}
