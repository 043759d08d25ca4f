// The browser's end of the live channel, with connections that the test makes, cuts and speaks on by hand.
import { describe, expect, onTestFinished, test } from "vitest";
import { LiveClient, type LiveOptions, type LiveSocket, type LiveState } from "../../../src/client/live.ts";
import { waitUntil } from "../../support/wait-until.ts";

class HandSocket implements LiveSocket {
  readonly url: string;
  readonly sent: { readonly kind: string; readonly topics: readonly string[] }[] = [];
  isClosed = false;
  onopen: LiveSocket["onopen"] = null;
  onmessage: LiveSocket["onmessage"] = null;
  onclose: LiveSocket["onclose"] = null;
  onerror: LiveSocket["onerror"] = null;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as (typeof this.sent)[number]);
  }

  close(): void {
    this.isClosed = true;
  }

  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify({ at: new Date().toISOString(), version: "1", ...frame }) });
  }

  breaks(code = 1006): void {
    this.onclose?.({ code });
  }
}

interface Bed {
  readonly live: LiveClient;
  readonly sockets: HandSocket[];
  readonly states: LiveState[];
  readonly pokes: string[];
  readonly refusals: string[];
  newest(): HandSocket;
  /** The next connection, once it is made. */
  comesBack(): Promise<HandSocket>;
}

function bed(options: Partial<LiveOptions> = {}): Bed {
  const sockets: HandSocket[] = [];
  const [states, pokes, refusals]: [LiveState[], string[], string[]] = [[], [], []];
  const live = new LiveClient({
    url: "https://prewarm.example/",
    connect: (url) => {
      const socket = new HandSocket(url);
      sockets.push(socket);
      return socket;
    },
    onPoke: (topic) => pokes.push(topic),
    onState: (state) => states.push(state),
    onRefused: (topic, code) => refusals.push(`${topic} ${code}`),
    retryMs: { first: 1, max: 4 },
    ...options,
  });
  onTestFinished(() => live.close());
  const newest = (): HandSocket => sockets.at(-1) as HandSocket;
  return {
    live,
    sockets,
    states,
    pokes,
    refusals,
    newest,
    comesBack: async () => {
      const before = sockets.length;
      await waitUntil("another connection", () => sockets.length > before);
      return newest();
    },
  };
}

describe("a live client", () => {
  test("subscribes when the server has said hello, to what is wanted then", () => {
    const { live, newest, states } = bed();
    live.setTopics(["inbox"]);
    live.setTopics(["settings", "inbox", "settings"]);
    expect(newest().url).toBe("wss://prewarm.example/api/v1/live");
    expect(newest().sent).toEqual([]);
    newest().says({ kind: "hello" });
    expect(newest().sent).toEqual([{ kind: "subscribe", topics: ["inbox", "settings"] }]);
    expect(states).toEqual(["connected"]);
  });

  test("sends the whole set when it changes, and nothing when it does not", () => {
    const { live, newest } = bed();
    newest().says({ kind: "hello" });
    live.setTopics(["inbox"]);
    live.setTopics(["inbox"]);
    live.setTopics([]);
    expect(newest().sent.map(({ topics }) => topics)).toEqual([[], ["inbox"], []]);
  });

  test("hands on pokes of what is wanted, and refusals", () => {
    const { live, newest, pokes, refusals } = bed();
    live.setTopics(["inbox"]);
    newest().says({ kind: "hello" });
    newest().says({ kind: "poke", topic: "inbox" });
    newest().says({ kind: "poke", topic: "settings" });
    newest().says({ kind: "refused", topic: "daemons", code: "forbidden" });
    newest().says({ kind: "a word of a later release" });
    expect(pokes).toEqual(["inbox"]);
    expect(refusals).toEqual(["daemons forbidden"]);
  });

  test("comes back and subscribes again, as often as it must", async () => {
    const { live, newest, states, comesBack } = bed();
    live.setTopics(["inbox"]);
    newest().says({ kind: "hello" });
    newest().breaks();
    expect(live.state).toBe("lost");
    (await comesBack()).breaks();
    const back = await comesBack();
    back.says({ kind: "hello" });
    expect(back.sent).toEqual([{ kind: "subscribe", topics: ["inbox"] }]);
    expect(states).toEqual(["connected", "lost", "connected"]);
  });

  test("does not subscribe again at each sign of life", () => {
    const { newest } = bed();
    newest().says({ kind: "hello" });
    newest().says({ kind: "hello" });
    expect(newest().sent.length).toBe(1);
  });

  test("takes a line on which nothing is heard for dead", async () => {
    const { newest, states, sockets } = bed({ silenceMs: 20 });
    const first = newest();
    first.says({ kind: "hello" });
    await waitUntil("it was lost", () => states.includes("lost"));
    expect(first.isClosed).toBe(true);
    await waitUntil("it tries again", () => sockets.length > 1);
  });

  test("hears nothing of a line that it has given up", async () => {
    const { live, newest, pokes, comesBack } = bed();
    live.setTopics(["inbox"]);
    const first = newest();
    const { onmessage } = first;
    first.says({ kind: "hello" });
    first.breaks();
    await comesBack();
    onmessage?.({ data: JSON.stringify({ kind: "poke", topic: "inbox", at: "" }) });
    expect(pokes).toEqual([]);
  });

  test("ends for good when its session has, and when it is closed", () => {
    const one = bed();
    one.newest().breaks(4001);
    expect(one.live.state).toBe("ended");
    const other = bed();
    other.live.close();
    expect(other.newest().isClosed).toBe(true);
    expect(other.states).toEqual(["ended"]);
  });

  test("tries at once when it is woken", async () => {
    const { live, newest, sockets } = bed({ retryMs: { first: 3_600_000, max: 3_600_000 } });
    newest().breaks();
    expect(sockets.length).toBe(1);
    live.wake();
    expect(sockets.length).toBe(2);
    live.wake();
    expect(sockets.length).toBe(2);
  });

  test("is lost, and tries again, where no connection can even be begun", async () => {
    let isPossible = false;
    const { states, sockets } = bed({
      connect: (url) => {
        if (!isPossible) throw new Error("no network");
        const socket = new HandSocket(url);
        sockets.push(socket);
        return socket;
      },
    });
    expect(states).toEqual(["lost"]);
    isPossible = true;
    await waitUntil("a connection", () => sockets.length > 0);
  });
});
