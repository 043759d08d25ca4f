import { useEffect } from "react";
import type { Notification } from "../../../contracts/api/notifications.ts";
import { isNotificationKind, notificationKinds, notificationRegistry } from "../../../contracts/notification-kinds.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Pager } from "../../components/pager.tsx";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Time } from "../../components/time.tsx";
import { useMe } from "../../shell/use-me.ts";
import { useUrlState } from "../../state/url-state.ts";
import { linkOf } from "./notification-link.ts";

const pageSize = 50;
/** What was in view for so long counts as read. */
const readAfterMs = 2_000;

export default function InboxPage() {
  usePageTitle("Inbox");
  const [{ page = "1", unread = "", kind: wanted = "" }, change] = useUrlState();
  const kind = isNotificationKind(wanted) ? wanted : undefined;
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = {
    limit: pageSize,
    offset: at * pageSize,
    ...(unread === "yes" ? { unread: true } : {}),
    ...(kind === undefined ? {} : { kind }),
  };
  const list = useApi("listNotifications", { key: keys.inboxPage(query), input: { query }, keepsPrevious: true });
  const read = useCall("readNotifications", [keys.inbox]);
  const shown = list.data?.notifications;
  useReadAfterView(shown, (ids) => read.mutate({ body: { ids } }));
  const newest = shown?.[0]?.id;
  return (
    <>
      <PageHeader
        title="Inbox"
        actions={
          <>
            <Button
              aria-pressed={unread === "yes"}
              onClick={() => change({ unread: unread === "yes" ? "" : "yes", page: "" })}
            >
              Unread only
            </Button>
            <Button
              disabledBecause={(list.data?.unread ?? 0) === 0 ? "Everything is read." : undefined}
              onClick={() => (newest === undefined ? undefined : read.mutate({ body: { upTo: newest } }))}
            >
              Mark all as read
            </Button>
          </>
        }
      />
      <div className="mb-3 max-w-md">
        <Select
          label="What about"
          value={kind ?? ""}
          choices={kindChoices}
          onChange={(next) => change({ kind: next, page: "" })}
        />
      </div>
      <QueryFault query={list} />
      {shown === undefined ? (
        list.error === null ? (
          <Skeleton lines={6} />
        ) : null
      ) : shown.length === 0 ? (
        <Nothing
          isFiltered={unread === "yes" || kind !== undefined}
          onClear={() => change({ unread: "", kind: "", page: "" })}
        />
      ) : (
        <Days notifications={shown} />
      )}
      <Pager
        label="Inbox"
        paging={{
          page: at,
          pageSize,
          total: list.data?.total ?? 0,
          onPage: (next) => change({ page: String(next + 1) }),
        }}
      />
    </>
  );
}

const kindChoices = [
  { value: "", label: "Everything" },
  ...notificationKinds.map((kind) => ({ value: kind, label: notificationRegistry[kind].about })),
];

function Nothing({ isFiltered, onClear }: { readonly isFiltered: boolean; readonly onClear: () => void }) {
  return isFiltered ? (
    <EmptyState
      title="Nothing of what you look for is here."
      action={<Button onClick={onClear}>Clear filter</Button>}
    />
  ) : (
    <EmptyState title="Nothing has been told to you yet." />
  );
}

/** What was unread when it came into view is read a moment later. */
function useReadAfterView(shown: readonly Notification[] | undefined, mark: (ids: number[]) => void): void {
  const ids = (shown ?? []).filter(({ readAt }) => readAt === null).map(({ id }) => id);
  const all = ids.join(" ");
  useEffect(() => {
    if (all === "") return undefined;
    const timer = setTimeout(() => mark(all.split(" ").map(Number)), readAfterMs);
    return () => clearTimeout(timer);
  }, [all]);
}

function Days({ notifications }: { readonly notifications: readonly Notification[] }) {
  const dayOf = ({ at }: Notification): string => new Date(at).toDateString();
  const days = [...new Set(notifications.map(dayOf))].map(
    (day) => [day, notifications.filter((one) => dayOf(one) === day)] as const,
  );
  return days.map(([day, ofDay]) => (
    <section key={day} aria-label={day} className="mb-5">
      <h2 className="mb-2 text-sm font-semibold text-muted">{day}</h2>
      <ul className="grid gap-2">
        {ofDay.map((notification) => (
          <Entry key={notification.id} notification={notification} />
        ))}
      </ul>
    </section>
  ));
}

function Entry({ notification }: { readonly notification: Notification }) {
  const { at, subject, text, readAt } = notification;
  const { data: me } = useMe();
  const link = me === undefined ? undefined : linkOf(notification, me.username);
  return (
    <li className="rounded-lg border border-line bg-page p-3">
      <div className="flex flex-wrap items-center gap-2">
        <b className="font-medium wrap-anywhere">{subject}</b>
        {readAt === null ? <Badge>new</Badge> : null}
        <span className="text-xs text-muted">
          <Time at={at} />
        </span>
      </div>
      <p className="mt-1 wrap-anywhere whitespace-pre-wrap text-muted">{text}</p>
      {link === undefined ? null : (
        <p className="mt-2">
          <PageLink to={link.to} aria-label={`${link.label}: ${subject}`}>
            {link.label}
          </PageLink>
        </p>
      )}
    </li>
  );
}
