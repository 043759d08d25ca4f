interface Release {
  readonly major: number;
  readonly minor: number;
}

function releaseOf(version: string): Release | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/**
 * What is to be said of a command line and a server of different releases; undefined when they go together. A server
 * works with the command lines of its own release and of the one before (decision 0032); a newer one may send what the
 * server refuses, as servers are upgraded first.
 */
export function releaseWarning(client: string, server: string): string | undefined {
  const [ours, theirs] = [releaseOf(client), releaseOf(server)];
  if (ours === undefined || theirs === undefined) return undefined;
  const ahead = theirs.major === ours.major ? theirs.minor - ours.minor : (theirs.major - ours.major) * Infinity;
  if (ahead === 0 || ahead === 1) return undefined;
  return ahead < 0
    ? `This command line (${client}) is newer than the server (${server}), which may refuse what it sends: upgrade the server first.`
    : `This command line (${client}) is more than one release older than the server (${server}): upgrade it.`;
}
