import { Outlet } from "@tanstack/react-router";
import { ToastRegion } from "../components/toast-region.tsx";

/** Around pages that need no session. */
export function BareFrame() {
  return (
    <>
      <main className="mx-auto min-h-dvh max-w-5xl px-4 py-10">
        <Outlet />
      </main>
      <ToastRegion />
    </>
  );
}
