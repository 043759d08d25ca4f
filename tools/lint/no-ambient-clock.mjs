// Decisions must be repeatable: the same snapshot and the same clock give the same plan (conformance 40), and the
// simulator replays a run from its seed. Both are lost the moment a layer asks the machine for the time or for luck.
const ambient = {
  Date: { now: "clock" },
  Math: { random: "random" },
  performance: { now: "clock" },
  process: { hrtime: "clock", uptime: "clock" },
};

/** @returns the name of the global that `node` denotes (`Date`, `globalThis.Date`), else undefined. */
function globalName(node) {
  if (node.type === "Identifier") return node.name;
  const isOnGlobal = node.type === "MemberExpression" && node.object.type === "Identifier";
  return isOnGlobal && node.object.name === "globalThis" ? propertyName(node) : undefined;
}

function propertyName(member) {
  if (!member.computed) return member.property.name;
  return member.property.type === "Literal" ? String(member.property.value) : undefined;
}

function kindOf(holder, property) {
  return Object.hasOwn(ambient, holder ?? "") ? ambient[holder][property] : undefined;
}

export const noAmbientClock = {
  meta: {
    type: "problem",
    docs: { description: "time and randomness are passed in, never taken from the machine" },
    messages: {
      clock: "{{what}} reads the machine's clock: take a `Clock` as a parameter and call `clock.now()`.",
      random: "{{what}} is not repeatable: take a `Random` as a parameter and ask it.",
    },
  },
  create(context) {
    return {
      MemberExpression(node) {
        const holder = globalName(node.object);
        const property = propertyName(node);
        const kind = kindOf(holder, property);
        if (kind) context.report({ node, messageId: kind, data: { what: `\`${holder}.${property}\`` } });
      },
      VariableDeclarator(node) {
        if (node.id.type !== "ObjectPattern" || !node.init) return;
        const holder = globalName(node.init);
        for (const property of node.id.properties) {
          const kind = property.type === "Property" ? kindOf(holder, property.key.name) : undefined;
          if (kind) context.report({ node, messageId: kind, data: { what: `\`${holder}.${property.key.name}\`` } });
        }
      },
      NewExpression(node) {
        if (globalName(node.callee) !== "Date" || node.arguments.length > 0) return;
        context.report({ node, messageId: "clock", data: { what: "`new Date()`" } });
      },
      CallExpression(node) {
        if (globalName(node.callee) !== "Date") return;
        context.report({ node, messageId: "clock", data: { what: "`Date()`" } });
      },
    };
  },
};
