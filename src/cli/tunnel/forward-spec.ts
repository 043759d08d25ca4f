/** Ports that one range may have. */
const rangeMax = 1_000;
const socketPath = /^~?\/.{1,253}$/;

export interface Forward {
  /** 0: the system chooses one. */
  readonly localPort: number;
  /** A port of the workspace, or the path of a socket there. */
  readonly remote: number | string;
}

/**
 * What a word of `port-forward` means: `3000`, `8080:80`, `3000-3005`, `9000-9005:3000-3005`, `unix:/run/app.sock`,
 * `8080:unix:~/app.sock`.
 * @returns a sentence when it means nothing.
 */
export function parseForward(word: string): readonly Forward[] | string {
  if (/udp/i.test(word)) return `"${word}" is UDP: only TCP is forwarded`;
  const socket = /^(?:([^:]*):)?unix:(.*)$/.exec(word);
  if (socket !== null) return socketForward(word, { local: socket[1], path: socket[2] ?? "" });
  const [local = "", remote = local, ...more] = word.split(":");
  if (more.length > 0) return `"${word}" is not LOCAL or LOCAL:REMOTE`;
  const [here, there] = [portsOf(local), portsOf(remote)];
  if (here === undefined || there === undefined)
    return `"${word}" is not a port, or a range of ports such as 3000-3005`;
  if (here.length !== there.length)
    return `"${word}" has ${here.length} local ports for ${there.length} of the workspace`;
  return here.map((localPort, nth) => ({ localPort, remote: there[nth] ?? localPort }));
}

function socketForward(
  word: string,
  { local, path }: { readonly local: string | undefined; readonly path: string },
): readonly Forward[] | string {
  if (!socketPath.test(path)) return `"${word}" names no socket: unix: is followed by a path that begins with / or ~/`;
  const [localPort, ...more] = local === undefined ? [0] : (portsOf(local) ?? []);
  if (localPort === undefined || more.length > 0) return `"${word}" is not LOCAL:unix:/PATH with one local port`;
  return [{ localPort, remote: path }];
}

function portsOf(text: string): readonly number[] | undefined {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (found === null) return undefined;
  const first = Number(found[1]);
  const last = Number(found[2] ?? found[1]);
  if (first < 1 || last > 65_535 || last < first || last - first >= rangeMax) return undefined;
  return Array.from({ length: last - first + 1 }, (_, nth) => first + nth);
}
