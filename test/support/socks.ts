import { connect, type Socket } from "node:net";

/** A connection to a port of the loopback beyond a SOCKS proxy of this machine, as editors make with `ssh -D`. */
export async function throughSocks(proxyPort: number, port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: proxyPort, noDelay: true });
  const read = reader(socket);
  // Version 5, one way to sign in: none.
  socket.write(Buffer.from([5, 1, 0]));
  await read(2);
  // Connect to an IPv4 address.
  socket.write(Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff]));
  const answer = await read(10);
  socket.removeAllListeners("data");
  if (answer[1] !== 0) throw new Error(`the proxy refused with ${answer[1]}`);
  return socket;
}

function reader(socket: Socket): (count: number) => Promise<Buffer> {
  let held = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  let failure: Error | undefined;
  socket.on("data", (piece: Buffer) => {
    held = Buffer.concat([held, piece]);
    wake();
  });
  const end = (error?: Error): void => {
    failure = error ?? new Error("the proxy has closed the connection");
    wake();
  };
  socket.once("error", end).once("close", () => end());
  return async (count) => {
    while (held.length < count) {
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  };
}
