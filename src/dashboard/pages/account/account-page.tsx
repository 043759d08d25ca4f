import { useParams } from "@tanstack/react-router";
import { Suspense } from "react";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { sections } from "./sections.ts";

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
