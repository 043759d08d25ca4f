import { type DeliveryChannel, deliveryChannels } from "../../contracts/notification-kinds.ts";
import type { DeliveryResult } from "../../db/notifications/notification-deliveries.ts";
import type { Metrics } from "../../platform/metrics/metrics.ts";

type Outcome = DeliveryResult["kind"];
const outcomes: readonly Outcome[] = ["delivered", "retry", "dead", "dropped"];

/** Counts what became of deliveries on this server, from 0 on, so that a first failure is an increase. */
export function createDeliveryCounts(metrics: Metrics): (channel: DeliveryChannel, outcome: Outcome) => void {
  const counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>(
    deliveryChannels.flatMap((channel) =>
      outcomes.map((outcome) => [`${channel} ${outcome}`, { labels: { channel, outcome }, value: 0 }] as const),
    ),
  );
  metrics.gauge("notification_deliveries_total", () => [...counts.values()]);
  return (channel, outcome) => {
    const count = counts.get(`${channel} ${outcome}`);
    if (count !== undefined) count.value += 1;
  };
}
