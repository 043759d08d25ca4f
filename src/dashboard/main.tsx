import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { call } from "./api/call.ts";
import { keys } from "./api/keys.ts";
import { queryClient } from "./api/query-client.ts";
import { startLive } from "./live/start-live.ts";
import { startPolling } from "./live/polling.ts";
import "./looks/app.css";
import { router } from "./router.tsx";
import { onOtherTabs } from "./state/other-tabs.ts";
import { basePath } from "./state/server-facts.ts";

const restWithinMs = 1_000;

startPolling(queryClient);
whenAtRest(() => startLive(queryClient));
onOtherTabs((kind) => {
  queryClient.clear();
  if (kind === "signed-out") location.assign(`${basePath}/sign-in`);
  else location.reload();
});

// What everything waits for, where the server has foreseen that it is asked: somebody is signed in, and the page is his.
if (document.querySelector('link[as="fetch"][href$="/api/v1/users/me"]') !== null) {
  void queryClient.prefetchQuery({ queryKey: keys.me, queryFn: async () => await call("whoAmI", {}) });
}

const place = document.getElementById("root");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

/** A channel's opening asks everything anew that is on screen: that is not to come before the first screen is drawn. */
function whenAtRest(act: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(act, { timeout: restWithinMs });
  else setTimeout(act, 0);
}
