import { Ellipsis, Plus } from "lucide-react";
import { useCallback, useState } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Listing } from "../../components/listing.tsx";
import { Menu } from "../../components/menu.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { State } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import { showToast } from "../../components/toasts.ts";
import { useMe } from "../../shell/use-me.ts";
import { useUrlState } from "../../state/url-state.ts";
import { CreateUser } from "./create-user.tsx";
import { type UserAct, UserDialog } from "./user-dialogs.tsx";

const pageSize = 50;

const columns: readonly Column<User>[] = [
  { id: "name", header: "User", cell: ({ name }) => <span className="block text-xs text-muted">{name}</span> },
  {
    id: "state",
    header: "State",
    cell: ({ suspendedAt, suspendedBecause }) =>
      suspendedAt === null ? (
        <State tone="ok">active</State>
      ) : (
        <>
          <State tone="bad">suspended</State> <span className="text-xs text-muted">{suspendedBecause}</span>
        </>
      ),
  },
  {
    id: "role",
    header: "Role",
    cell: ({ role, organizations }) =>
      role === "administrator"
        ? "administrator"
        : organizations.some((one) => one.role === "template_admin")
          ? "template admin"
          : "member",
  },
  { id: "email", header: "E-mail", cell: ({ email }) => email ?? "–" },
  { id: "created", header: "Created", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function UsersSection() {
  const [{ q = "", page = "1" }, change] = useUrlState();
  const [isCreating, setCreating] = useState(false);
  const search = useCallback((text: string) => change({ q: text, page: "" }), [change]);
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const asked = { limit: pageSize, offset: at * pageSize, ...(q === "" ? {} : { search: q.slice(0, 64) }) };
  const list = useApi("listUsers", { key: keys.admin("users", asked), input: { query: asked }, keepsPrevious: true });
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField isMain label="Search users" value={q} placeholder="Name" onChange={search} />
        <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setCreating(true)}>
          Create user
        </Button>
        <PageLink to="/admin/roles">What each role may do</PageLink>
      </div>
      <Listing
        query={list}
        label="Users"
        columns={columns}
        rows={list.data?.users}
        idOf={({ id }) => id}
        nameOf={({ username }) => username}
        paging={{
          page: at,
          pageSize,
          total: list.data?.total ?? 0,
          onPage: (next) => change({ page: String(next + 1) }),
        }}
        actionsOf={(user) => <UserActions user={user} />}
        empty={
          <EmptyState title="No user matches." action={<Button onClick={() => search("")}>Clear filter</Button>} />
        }
      />
      {isCreating ? <CreateUser onClose={() => setCreating(false)} /> : null}
    </>
  );
}

function UserActions({ user }: { readonly user: User }) {
  const { data: me } = useMe();
  const [act, setAct] = useState<UserAct | null>(null);
  const activate = useCall("activateUser", [["admin"]]);
  const { username, suspendedAt } = user;
  const isMe = me?.username === username ? "This is you." : undefined;
  const item = (label: string, which: UserAct, disabledBecause?: string) => ({
    label,
    disabledBecause,
    isDestructive: which === "delete" || which === "suspend",
    onSelect: () => setAct(which),
  });
  return (
    <>
      <Menu
        trigger={<IconButton label={`Actions of ${username}`} icon={<Ellipsis size={16} />} />}
        items={[
          item("Change role…", "role", isMe),
          item("Set password…", "password"),
          item("End sessions…", "sessions"),
          suspendedAt === null
            ? item("Suspend…", "suspend", isMe)
            : {
                label: "End the suspension",
                onSelect: () =>
                  activate.mutate(
                    { params: { username } },
                    { onError: ({ message }) => showToast({ tone: "bad", text: message }) },
                  ),
              },
          item("Delete…", "delete", isMe),
        ]}
      />
      {act === null ? null : <UserDialog act={act} user={user} onClose={() => setAct(null)} />}
    </>
  );
}
