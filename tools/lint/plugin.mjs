// Prewarm's own lint rules, in the plain ESLint plugin API; oxlint loads this file as a `jsPlugin` (see .oxlintrc.json).
import { noAmbientClock } from "./no-ambient-clock.mjs";
import { noPublishInTransaction } from "./no-publish-in-transaction.mjs";

export default {
  meta: { name: "prewarm" },
  rules: {
    "no-ambient-clock": noAmbientClock,
    "no-publish-in-transaction": noPublishInTransaction,
  },
};
