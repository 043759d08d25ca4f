import type { Duplex } from "node:stream";
import { placesFor, resolvePath } from "../../platform/copy/copy-places.ts";
import { CopyChannel, type CopyControl, CopyError } from "../../platform/copy/copy-records.ts";
import { reasonOf } from "../../platform/copy/copy-rules.ts";
import { receiveTree } from "../../platform/copy/receive-tree.ts";
import { sendTree } from "../../platform/copy/send-tree.ts";

type Wish<Kind extends CopyControl["kind"]> = Extract<CopyControl, { kind: Kind }>;

/** Gives or takes files of the workspace, as the first record says. Relative paths begin in its home. */
export async function serveFiles(stream: Duplex, home: string): Promise<void> {
  const channel = new CopyChannel(stream);
  try {
    const wish = await nextControl(channel);
    if (wish.kind === "read") await give(channel, { wish, home });
    else if (wish.kind === "write") await take(channel, { wish, home });
    else throw new CopyError("it is not known what is wanted");
    channel.end();
  } catch (error) {
    // A stream that is gone has nobody to be told.
    await channel.send({ kind: "failed", message: reasonOf(error) }).catch(() => undefined);
    if (!stream.destroyed) channel.end();
  }
  // Whatever its client still says is for nobody.
  stream.resume();
}

async function give(channel: CopyChannel, { wish, home }: { wish: Wish<"read">; home: string }): Promise<void> {
  await sendTree({
    channel,
    sources: wish.paths.map((written) => resolvePath(written, { base: home, home })),
    ask: wish.isSync
      ? async (files) => {
          await channel.send({ kind: "offer", files });
          const answer = await nextControl(channel);
          return answer.kind === "has" ? answer.are : [];
        }
      : null,
    onProblem: (path, reason) => channel.send({ kind: "problem", path, reason }),
    tally: { files: 0, bytes: 0, skipped: 0 },
  });
}

async function take(channel: CopyChannel, { wish, home }: { wish: Wish<"write">; home: string }): Promise<void> {
  const { target, names } = wish;
  await receiveTree({
    channel,
    places: await placesFor({ target, names, base: home, home }),
    onProblem: (path, reason) => channel.send({ kind: "problem", path, reason }),
    tally: { files: 0, bytes: 0, skipped: 0 },
  });
  await channel.send({ kind: "done" });
}

async function nextControl(channel: CopyChannel): Promise<CopyControl> {
  const { value } = await channel.records.next();
  if (value?.kind !== "control") throw new CopyError("it is not known what is wanted");
  return value.json;
}
