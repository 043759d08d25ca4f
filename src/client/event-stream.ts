export interface ServerSentEvent {
  readonly event: string;
  /** The parsed JSON of the event's data. */
  readonly data: unknown;
}

/**
 * Splits a `text/event-stream` body into events; comments (heartbeats) are passed over.
 * @param onHeard called for every piece that comes, comments too.
 */
export async function* parseEventStream(
  body: ReadableStream<Uint8Array>,
  onHeard: () => void,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    onHeard();
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const event = parseEvent(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

function parseEvent(block: string): ServerSentEvent | undefined {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trim());
  }
  return data.length === 0 ? undefined : { event, data: JSON.parse(data.join("\n")) };
}
