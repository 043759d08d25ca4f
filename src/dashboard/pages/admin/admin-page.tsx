import { useParams } from "@tanstack/react-router";
import { Suspense } from "react";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { useMe } from "../../shell/use-me.ts";
import { NotFoundPage } from "../not-found-page.tsx";
import { sections } from "./sections.ts";

export default function AdminPage() {
  const { section = "users" } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const chosen = sections.find(({ id }) => id === section);
  usePageTitle(chosen?.label ?? "Not found", "Administration");
  const { data: me } = useMe();
  if (chosen === undefined) return <NotFoundPage />;
  if (me === undefined) return null;
  if (me.role !== "administrator") {
    return (
      <>
        <PageHeader title="Administration" />
        <EmptyState title="This is for administrators of the deployment.">
          You are signed in as {me.username}, a member. Ask an administrator for what you need, or for the role.
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <PageHeader title="Administration" />
      <Tabs
        label="Parts of the administration"
        tabs={sections.map(({ id, label }, place) => ({
          label,
          to: place === 0 ? "/admin" : `/admin/${id}`,
          isCurrent: id === chosen.id,
        }))}
      />
      <Suspense fallback={<Skeleton lines={6} />}>
        <chosen.Content />
      </Suspense>
    </>
  );
}
