import { Bell, Search } from "lucide-react";
import type { User } from "../../contracts/api/identity.ts";
import { keys } from "../api/keys.ts";
import { useApi } from "../api/use-api.ts";
import { Button } from "../components/button.tsx";
import { IconButton } from "../components/icon-button.tsx";
import { overlay } from "../state/palette.ts";
import { useGoTo } from "../state/url-state.ts";
import { ConnectionDot } from "./connection-dot.tsx";
import { hasPage } from "./menu-entries.ts";
import { PersonMenu } from "./person-menu.tsx";

export function TopBar({ me }: { readonly me: User }) {
  return (
    <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-b border-line bg-page px-4 lg:px-8">
      <span className="truncate font-medium" title="Organization">
        {me.organizations[0]?.name ?? "Prewarm"}
      </span>
      <div className="grow" />
      <Button
        icon={<Search size={15} aria-hidden />}
        aria-keyshortcuts="Control+K Meta+K"
        title="Go to or do (Ctrl K)"
        className="text-muted"
        onClick={() => overlay.set("palette")}
      >
        <span className="max-md:sr-only">Go to or do</span>
        <kbd aria-hidden className="font-mono text-xs max-md:hidden">
          Ctrl K
        </kbd>
      </Button>
      <ConnectionDot />
      {hasPage("/inbox") ? <InboxBell /> : null}
      <PersonMenu me={me} />
    </header>
  );
}

function InboxBell() {
  const inbox = useApi("listNotifications", { key: keys.inbox, input: { query: { limit: 1, unread: true } } });
  const goTo = useGoTo();
  const unread = inbox.data?.unread ?? 0;
  const label = unread === 0 ? "Inbox" : `Inbox, ${unread} unread`;
  return (
    <span className="relative">
      <IconButton
        label={inbox.error === null ? label : `${label}. What is new could not be asked: ${inbox.error.message}`}
        icon={<Bell size={16} />}
        onClick={() => goTo("/inbox")}
      />
      {unread === 0 ? null : (
        <span
          aria-hidden
          className="pointer-events-none absolute -top-1 -right-1 rounded-full bg-accent px-1 text-[0.65rem] font-semibold text-on-accent"
        >
          {unread > 99 ? "99+" : unread}
        </span>
      )}
    </span>
  );
}
