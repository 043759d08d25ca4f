import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from "@tanstack/react-router";
import { pages } from "./pages/pages.ts";
import { BareFrame } from "./shell/bare-frame.tsx";
import { setPages } from "./shell/menu-entries.ts";
import { PageFault } from "./shell/page-fault.tsx";
import { Shell, ShellNotFound } from "./shell/shell.tsx";
import { basePath } from "./state/server-facts.ts";
import { parseSearch, renderSearch } from "./state/url-state.ts";

setPages(pages);

const root = createRootRoute({ notFoundComponent: ShellNotFound });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });
const bare = createRoute({ getParentRoute: () => root, id: "bare", component: BareFrame });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: () => <Navigate to="/workspaces" replace />,
});

const pageRoutes = pages.map((page) => {
  const parent = page.isBare === true ? bare : shell;
  const component = lazyRouteComponent(page.load);
  return { page, route: createRoute({ getParentRoute: () => parent, path: page.path, component }) };
});
const routesOf = (isBare: boolean) =>
  pageRoutes.filter(({ page }) => (page.isBare ?? false) === isBare).map(({ route }) => route);

export const router = createRouter({
  routeTree: root.addChildren([home, shell.addChildren(routesOf(false)), bare.addChildren(routesOf(true))]),
  basepath: basePath === "" ? "/" : basePath,
  parseSearch,
  stringifySearch: renderSearch,
  defaultPreload: false,
  scrollRestoration: true,
  defaultErrorComponent: PageFault,
});
