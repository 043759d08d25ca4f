import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/query-client.ts";
import { startLive } from "./live/start-live.ts";
import { startPolling } from "./live/polling.ts";
import "./looks/app.css";
import { router } from "./router.tsx";
import { onOtherTabs } from "./state/other-tabs.ts";
import { basePath } from "./state/server-facts.ts";

startPolling(queryClient);
startLive(queryClient);
onOtherTabs((kind) => {
  queryClient.clear();
  if (kind === "signed-out") location.assign(`${basePath}/sign-in`);
  else location.reload();
});

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
