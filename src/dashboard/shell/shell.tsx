import { Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { ErrorState } from "../components/error-state.tsx";
import { Skeleton } from "../components/skeleton.tsx";
import { ToastRegion } from "../components/toast-region.tsx";
import { NotFoundPage } from "../pages/not-found-page.tsx";
import { session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { Overlays } from "./overlays.tsx";
import { Rail } from "./rail.tsx";
import { SessionEnded } from "./session-ended.tsx";
import { StatusBanners } from "./status-banners.tsx";
import { TopBar } from "./top-bar.tsx";
import { useMe } from "./use-me.ts";
import { useShellKeys } from "./use-shell-keys.ts";

/** The rail, the top bar and the page. */
export function Shell() {
  return (
    <Frame>
      <Outlet />
    </Frame>
  );
}

/** An address that no page has. */
export function ShellNotFound() {
  return (
    <Frame>
      <NotFoundPage />
    </Frame>
  );
}

function Frame({ children }: { readonly children: ReactNode }) {
  const me = useMe();
  const state = useStore(session);
  useSignInFirst(state === "none");
  useShellKeys();
  useFocusAtChange();
  if (me.data === undefined) {
    return (
      <main className="mx-auto max-w-3xl px-4 py-10">
        {me.error !== null && state !== "none" ? (
          <ErrorState error={me.error} onRetry={() => void me.refetch()} />
        ) : (
          <Skeleton lines={6} />
        )}
      </main>
    );
  }
  return (
    <div className="min-h-dvh sm:grid sm:grid-cols-[auto_minmax(0,1fr)]">
      <a href="#content" className="sr-only-focusable rounded border border-line-strong bg-page px-3 py-2 text-text">
        Go to the content
      </a>
      <Rail />
      <div className="flex min-w-0 flex-col pb-16 sm:pb-0">
        <TopBar me={me.data} />
        <main id="content" tabIndex={-1} className="w-full max-w-[100rem] grow px-4 py-5 lg:px-8">
          <StatusBanners />
          {children}
        </main>
      </div>
      <SessionEnded username={me.data.username} />
      <Overlays me={me.data} />
      <ToastRegion />
    </div>
  );
}

/** Who is not signed in is asked to be, and comes back to where he wanted to go. */
function useSignInFirst(isNeeded: boolean): void {
  const router = useRouter();
  useEffect(() => {
    if (!isNeeded) return;
    const { pathname, searchStr } = router.state.location;
    const to = `${pathname}${searchStr}`;
    void router.navigate({ to: "/sign-in", search: { to: to === "/" ? "" : to }, replace: true });
  }, [isNeeded, router]);
}

/** A change of page moves the focus to its heading, so that it is read out and the next Tab goes on from there. */
function useFocusAtChange(): void {
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const router = useRouter();
  useEffect(() => {
    let before = router.state.location.pathname;
    return router.subscribe("onRendered", ({ toLocation }) => {
      if (toLocation.pathname === before) return;
      before = toLocation.pathname;
      const heading = document.querySelector<HTMLElement>("main h1") ?? document.querySelector<HTMLElement>("main");
      heading?.focus({ preventScroll: true });
    });
  }, [router, pathname]);
}
