import { Compile } from "typebox/compile";
import { type AskedImage, ideView, requireIdePlace } from "../../app/ides/workspace-ides.ts";
import type { ideRoutes } from "../../contracts/api/ides.ts";
import { CodedError } from "../../contracts/errors.ts";
import { ImageFacts } from "../../contracts/image-facts.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";
import { type Asker, openForPerson } from "../terminals/terminal-stream.ts";
import { readAnswer, unanswered } from "../tunnel/ask-agent.ts";

const checkFacts = Compile(ImageFacts);
const imageAnswerMs = 10_000;

export function ideHandlers(deps: HttpDeps): Handlers<keyof typeof ideRoutes> {
  return {
    listIdes: async ({ caller: actor, request, params, query }) => {
      const leave = deps.places.take("tunnel", actor, request);
      try {
        const place = await requireIdePlace(deps, actor, { ...params, ...query });
        const { workspace, agent } = place;
        const asked = await askImage(deps, { request, actor, workspace: workspace.id, agent: agent.name });
        return ideView(place, asked, query.folder);
      } finally {
        leave();
      }
    },
  };
}

/** The links are worth having of a workspace that is stopped, too: so what hinders is part of the answer. */
async function askImage(deps: HttpDeps, asker: Asker): Promise<AskedImage> {
  try {
    const stream = await openForPerson(deps, asker, { kind: "image" });
    const facts = await readAnswer(stream, imageAnswerMs);
    if (!checkFacts.Check(facts)) throw unanswered();
    return { facts };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { problem: { code: error.code, message: error.message } };
  }
}
