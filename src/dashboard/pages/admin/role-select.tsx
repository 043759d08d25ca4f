import { PageLink } from "../../components/page-link.tsx";
import { Select } from "../../components/select.tsx";
import { type RoleChoice, roleChoices } from "./role-choices.ts";

interface RoleSelectProps {
  readonly value: RoleChoice;
  readonly onChange: (value: RoleChoice) => void;
}

/** What a role may do opens beside it: what was typed in the form stays. */
export function RoleSelect({ value, onChange }: RoleSelectProps) {
  return (
    <>
      <Select label="Role" value={value} choices={roleChoices} onChange={(chosen) => onChange(chosen as RoleChoice)} />
      <PageLink to="/admin/roles" target="_blank">
        What each role may do (opens beside this)
      </PageLink>
    </>
  );
}
