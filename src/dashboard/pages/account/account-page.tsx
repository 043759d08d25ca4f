import { useParams } from "@tanstack/react-router";
import { type ComponentType, lazy, Suspense } from "react";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { NotFoundPage } from "../not-found-page.tsx";

interface Section {
  readonly id: string;
  readonly label: string;
  readonly Content: ComponentType;
}

/** One line for each; the first is the page without a section. */
const sections: readonly Section[] = [
  { id: "profile", label: "Profile", Content: lazy(() => import("./profile-section.tsx")) },
  { id: "security", label: "Security", Content: lazy(() => import("./security-section.tsx")) },
  { id: "tokens", label: "Tokens", Content: lazy(() => import("./tokens-section.tsx")) },
  { id: "keys", label: "Keys", Content: lazy(() => import("./keys-section.tsx")) },
  { id: "dotfiles", label: "Dotfiles", Content: lazy(() => import("./dotfiles-section.tsx")) },
  { id: "secrets", label: "Secrets", Content: lazy(() => import("./secrets-section.tsx")) },
  { id: "notifications", label: "Notifications", Content: lazy(() => import("./preferences-section.tsx")) },
  { id: "appearance", label: "Appearance", Content: lazy(() => import("./appearance-section.tsx")) },
];

export default function AccountPage() {
  const { section = "profile" } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const chosen = sections.find(({ id }) => id === section);
  usePageTitle(chosen?.label ?? "Not found", "Your account");
  if (chosen === undefined) return <NotFoundPage />;
  return (
    <>
      <PageHeader title="Your account" />
      <Tabs
        label="Parts of your account"
        tabs={sections.map(({ id, label }, place) => ({
          label,
          to: place === 0 ? "/account" : `/account/${id}`,
          isCurrent: id === chosen.id,
        }))}
      />
      <Suspense fallback={<Skeleton lines={6} />}>
        <chosen.Content />
      </Suspense>
    </>
  );
}
