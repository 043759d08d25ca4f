import type { QueryClient } from "@tanstack/react-query";
import type { LiveState } from "../../client/live.ts";
import type { User } from "../../contracts/api/identity.ts";
import { keys, keysOfTopic } from "../api/keys.ts";
import { session } from "../state/session.ts";
import { noteChannel } from "./live-status.ts";
import { RefetchPace } from "./refetch-pace.ts";
import { SharedChannel } from "./shared-channel.ts";
import { topicsOf } from "./topics-of-keys.ts";
import { onWaking } from "./waking.ts";

/** What is on screen changes in bursts: one page that is opened asks for several things. */
const settleMs = 50;

const isVisible = (): boolean => document.visibilityState === "visible";

/** Keeps what is on screen current while somebody is signed in. A hidden tab hears of nothing and asks for nothing. */
export function startLive(client: QueryClient): void {
  const pace = new RefetchPace(client, isVisible);
  let channel: SharedChannel | null = null;
  let state: LiveState = "connecting";
  const onState = (next: LiveState): void => {
    if (next === state) return;
    const isBack = next === "connected" && state === "lost";
    state = next;
    noteChannel(next === "connected");
    if (isBack) pace.refetchAll();
    // The server does not know the session any more: it says so to the next question.
    if (next === "ended") void client.invalidateQueries({ queryKey: keys.me });
  };
  const onPoke = (topic: string): void => {
    for (const key of keysOfTopic(topic)) pace.refetch(key);
  };
  const subscribe = (): void => channel?.setTopics(isVisible() ? topicsOnScreen(client) : []);
  const follow = (): void => {
    const isOpen = session.get() === "open";
    if (isOpen && channel === null) {
      state = "connecting";
      channel = new SharedChannel({ onPoke, onState });
      subscribe();
    } else if (!isOpen && channel !== null) {
      const ended = channel;
      channel = null;
      ended.close();
      noteChannel(false);
    }
  };
  const lookAgain = (): void => {
    subscribe();
    channel?.wake();
    pace.refetchAll();
  };
  session.subscribe(follow);
  follow();
  onChangeOfScreen(client, subscribe);
  document.addEventListener("visibilitychange", () => (isVisible() ? lookAgain() : subscribe()));
  addEventListener("pagehide", () => channel?.setTopics([]));
  addEventListener("pageshow", subscribe);
  onWaking(lookAgain);
}

function topicsOnScreen(client: QueryClient): readonly string[] {
  const organizations = client.getQueryData<User>(keys.me)?.organizations.map(({ name }) => name) ?? [];
  const active = client.getQueryCache().findAll({ type: "active" });
  return topicsOf(
    active.map(({ queryKey, state }) => ({ queryKey, data: state.data })),
    organizations,
  );
}

function onChangeOfScreen(client: QueryClient, then: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  client.getQueryCache().subscribe(({ type }) => {
    if (type !== "observerAdded" && type !== "observerRemoved" && type !== "updated") return;
    timer ??= setTimeout(() => {
      timer = undefined;
      then();
    }, settleMs);
  });
}
