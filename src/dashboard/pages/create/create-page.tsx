import { PageHeader } from "../../components/page-header.tsx";

export default function Placeholder() {
  return <PageHeader title="Workspaces" />;
}
