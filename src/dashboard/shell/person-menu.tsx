import { useMutation } from "@tanstack/react-query";
import { LogOut, Monitor, Moon, Settings, Sun, User as Person } from "lucide-react";
import type { User } from "../../contracts/api/identity.ts";
import { call } from "../api/call.ts";
import { queryClient } from "../api/query-client.ts";
import { IconButton } from "../components/icon-button.tsx";
import { Menu, type MenuItem } from "../components/menu.tsx";
import { showToast } from "../components/toasts.ts";
import { changeLook, look, type Theme } from "../state/look.ts";
import { tellSignedOut } from "../state/other-tabs.ts";
import { basePath } from "../state/server-facts.ts";
import { useGoTo } from "../state/url-state.ts";
import { hasPage } from "./menu-entries.ts";
import { useStore } from "../state/store.ts";

const themes: readonly (readonly [theme: Theme, label: string, icon: typeof Sun])[] = [
  ["system", "Theme of the system", Monitor],
  ["light", "Light theme", Sun],
  ["dark", "Dark theme", Moon],
];

export function PersonMenu({ me }: { readonly me: User }) {
  const { theme, density } = useStore(look);
  const goTo = useGoTo();
  const signOut = useMutation({
    mutationFn: async () => await call("logout", {}),
    onSuccess: () => {
      queryClient.clear();
      // Whatever another tab shows of this person goes too.
      tellSignedOut();
      location.assign(`${basePath}/sign-in`);
    },
    onError: (error) => showToast({ tone: "bad", text: error.message }),
  });
  const items: readonly MenuItem[] = [
    ...themes.map(([value, label, Icon]) => ({
      label: theme === value ? `${label} (now)` : label,
      icon: <Icon size={15} />,
      onSelect: () => changeLook({ theme: value }),
    })),
    {
      label: density === "compact" ? "Comfortable rows" : "Compact rows",
      icon: <Monitor size={15} />,
      onSelect: () => changeLook({ density: density === "compact" ? "comfortable" : "compact" }),
    },
    ...(hasPage("/account/{-$section}")
      ? [{ label: "Your account", icon: <Settings size={15} />, onSelect: () => goTo("/account") }]
      : []),
    { label: "Sign out", icon: <LogOut size={15} />, onSelect: () => signOut.mutate() },
  ];
  const heading = (
    <>
      Signed in as <b className="text-text">{me.username}</b>
      {me.role === "administrator" ? ", administrator" : ""}
    </>
  );
  return (
    <Menu
      heading={heading}
      items={items}
      trigger={<IconButton label={`You: ${me.username}`} icon={<Person size={16} />} />}
    />
  );
}
