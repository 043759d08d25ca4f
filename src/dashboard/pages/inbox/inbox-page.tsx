import { useEffect } from "react";
import type { Notification } from "../../../contracts/api/notifications.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Pager } from "../../components/pager.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Time } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";

const pageSize = 50;
/** What was in view for so long counts as read. */
const readAfterMs = 2_000;

export default function InboxPage() {
  usePageTitle("Inbox");
  const [{ page = "1", unread = "" }, change] = useUrlState();
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = { limit: pageSize, offset: at * pageSize, ...(unread === "yes" ? { unread: true } : {}) };
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
      <QueryFault query={list} />
      {shown === undefined ? (
        list.error === null ? (
          <Skeleton lines={6} />
        ) : null
      ) : shown.length === 0 ? (
        <EmptyState title={unread === "yes" ? "Nothing is unread." : "Nothing has been told to you yet."} />
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
        {ofDay.map(({ id, at, subject, text, readAt }) => (
          <li key={id} className="rounded-lg border border-line bg-page p-3">
            <div className="flex flex-wrap items-center gap-2">
              <b className="font-medium break-words">{subject}</b>
              {readAt === null ? <Badge>new</Badge> : null}
              <span className="text-xs text-muted">
                <Time at={at} />
              </span>
            </div>
            <p className="mt-1 break-words whitespace-pre-wrap text-muted">{text}</p>
          </li>
        ))}
      </ul>
    </section>
  ));
}
