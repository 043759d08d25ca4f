import { type EmailPreference, emailPreferences } from "../../../contracts/notification-kinds.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Banner } from "../../components/banner.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";

const words: Readonly<Record<EmailPreference, string>> = {
  on: "at once",
  digest: "together with others",
  off: "not by e-mail",
};

export default function PreferencesSection() {
  const found = useApi("getNotificationPreferences", { key: keys.account("preferences"), input: {} });
  const set = useCall("setNotificationPreference", [["account"]]);
  if (found.data === undefined)
    return (
      <Unanswered query={found}>
        <Skeleton lines={6} />
      </Unanswered>
    );
  const { preferences, address, isEmailOn } = found.data;
  return (
    <Card title="What comes by e-mail as well" className="max-w-2xl">
      <QueryFault query={found} />
      {isEmailOn ? null : (
        <Banner tone="warn">The deployment has no mail server: all of it is in your inbox only.</Banner>
      )}
      {address === null ? <Banner tone="warn">You have no e-mail address.</Banner> : null}
      {set.error === null ? null : <ErrorState error={set.error} />}
      {preferences.map(({ kind, about, email }) => (
        <Select
          key={kind}
          label={about}
          value={email}
          choices={emailPreferences.map((value) => ({ value, label: words[value] }))}
          onChange={(value) => set.mutate({ body: { kind, email: value as EmailPreference } })}
        />
      ))}
    </Card>
  );
}
