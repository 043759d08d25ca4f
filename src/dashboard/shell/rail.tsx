import { useRouterState } from "@tanstack/react-router";
import { PageLink } from "../components/page-link.tsx";
import type { PageDefinition } from "../pages/page-definition.ts";
import { menuEntries } from "./menu-entries.ts";
import { useMe } from "./use-me.ts";
import { basePath } from "../state/server-facts.ts";

/** The pages of the menu: at the side, with labels where there is room; at the bottom of a narrow screen. */
export function Rail() {
  const pathname = useRouterState({ select: (state) => state.location.pathname }).slice(basePath.length);
  const { data: me } = useMe();
  const entries = menuEntries().filter(({ menu }) => me !== undefined && menu?.isFor?.(me) !== false);
  return (
    <nav
      aria-label="Main"
      className="z-30 border-line bg-raised max-sm:fixed max-sm:inset-x-0 max-sm:bottom-0 max-sm:flex max-sm:border-t sm:sticky sm:top-0 sm:h-dvh sm:w-14 sm:border-r sm:py-3 lg:w-52"
    >
      <PageLink
        to="/workspaces"
        aria-label="Prewarm, to your workspaces"
        className="mx-2 mb-4 flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-base font-semibold text-text max-sm:hidden"
      >
        <img src={`${basePath}/icon.svg`} alt="" width={20} height={20} />
        <span className="hidden lg:inline">Prewarm</span>
      </PageLink>
      {entries.map((page) => (
        <Entry key={page.path} page={page} isCurrent={isOf(page, pathname)} />
      ))}
    </nav>
  );
}

function isOf({ path, menu }: PageDefinition, pathname: string): boolean {
  const isBelow = (start: string): boolean => pathname === start || pathname.startsWith(`${start}/`);
  return isBelow(path) || (menu?.owns ?? []).some((start) => pathname.startsWith(start));
}

function Entry({ page, isCurrent }: { readonly page: PageDefinition; readonly isCurrent: boolean }) {
  if (page.menu === undefined) return null;
  const { label, icon: Icon } = page.menu;
  return (
    <PageLink
      to={page.path}
      title={label}
      aria-current={isCurrent ? "page" : undefined}
      className="flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-muted -outline-offset-2 hover:bg-hover hover:text-text aria-[current=page]:bg-pressed aria-[current=page]:font-medium aria-[current=page]:text-text max-sm:min-h-14 max-sm:grow max-sm:flex-col max-sm:justify-center max-sm:gap-0.5 max-sm:rounded-none max-sm:text-xs sm:mx-2 sm:mb-0.5"
    >
      <Icon size={18} aria-hidden className="shrink-0" />
      <span className="sm:max-lg:sr-only">{label}</span>
    </PageLink>
  );
}
