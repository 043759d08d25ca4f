import type { Duplex } from "node:stream";
import type { ServerChannel } from "ssh2";
import { ChannelOutput, Pump } from "./channel-output.ts";
import { widenWindow } from "./ssh2-inside.ts";

/** What the client sent before it went gets so long to be read by whoever it is for. */
const farewellMs = 10_000;

/** Joins a channel and a socket: each side's end is the other's, and so is its failure; the other direction goes on. */
export function joinSocket(channel: ServerChannel, socket: Duplex & { destroySoon(): unknown }): void {
  widenWindow(channel);
  const output = new ChannelOutput(channel);
  let isSentAll = false;
  let isReadAll = false;
  const finishBoth = (): void => {
    if (isSentAll && isReadAll) void output.finish();
  };
  channel.on("error", () => socket.destroy());
  channel.once("end", () => {
    isReadAll = true;
    finishBoth();
  });
  const pump = new Pump(socket, output, "stdout");
  void pump.done.then(() => {
    isSentAll = true;
    void output.eof().then(finishBoth);
  });
  socket.once("close", () => void output.finish());
  output.onClosed(() => {
    pump.letGo();
    if (!channel.readableEnded) channel.once("end", () => socket.destroySoon());
    else socket.destroySoon();
    const limit = setTimeout(() => socket.destroy(), farewellMs);
    socket.once("close", () => clearTimeout(limit));
  });
  channel.pipe(socket);
}
