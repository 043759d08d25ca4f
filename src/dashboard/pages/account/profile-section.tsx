import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Card } from "../../components/card.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { Time } from "../../components/time.tsx";
import { useMe } from "../../shell/use-me.ts";

export default function ProfileSection() {
  const { data: me } = useMe();
  const quota = useApi("getQuota", { key: keys.account("quota"), input: { query: {} } });
  if (me === undefined) return null;
  const used = quota.data === undefined ? "–" : `${quota.data.used} of ${quota.data.allowed} units`;
  return (
    <Card title="You" className="max-w-2xl">
      <QueryFault query={quota} />
      <KeyValue
        rows={[
          ["User name", me.username],
          ["Name", me.name === "" ? "–" : me.name],
          ["E-mail", me.email ?? "none: no mail is sent to you"],
          ["Role", me.role],
          [
            "Organizations",
            me.organizations.map(({ name, role }) => `${name} (${role.replace("_", " ")})`).join(", ") || "none",
          ],
          ["Quota", quota.data?.isEnabled === false ? `${used}, not enforced` : used],
          ["Since", <Time key="since" at={me.createdAt} />],
        ]}
      />
    </Card>
  );
}
