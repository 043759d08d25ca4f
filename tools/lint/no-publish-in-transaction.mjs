// News of a change that is then rolled back, or that a reader acts on before the commit, is the class of bug that takes
// systems of this kind down (architecture §7). The types keep `publish` off a `Tx`; this rule catches what types
// cannot: the outer handle that a closure still sees. What it cannot see (a handle hidden behind a function of another
// file) is left to the guard at run time.

const skippedKeys = new Set(["parent", "loc", "range", "start", "end", "type", "typeAnnotation", "returnType"]);
const functionTypes = new Set(["ArrowFunctionExpression", "FunctionExpression", "FunctionDeclaration"]);

// A whole statement, so that a sentence such as "notify the owner of the template" is not taken for SQL.
const notifyStatement = /(?:^|;)\s*notify\s+(?:"[^"]+"|[a-z_]\w*)\s*(?:,\s*(?:'[^']*'|\$\d+|:\w+)\s*)?(?:;|$)/i;
const notifyFunction = /\bpg_notify\s*\(/i;

const isNode = (value) => typeof value === "object" && value !== null && typeof value.type === "string";

function children(node) {
  const found = [];
  for (const [key, value] of Object.entries(node)) {
    if (skippedKeys.has(key) || isBareName(node, key)) continue;
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) found.push(item);
  }
  return found;
}

/** The name after a dot, and the key of a property, name a member and not a variable. */
function isBareName(node, key) {
  if (node.computed) return false;
  return (node.type === "MemberExpression" && key === "property") || (node.type === "Property" && key === "key");
}

function calledMember(node) {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || node.callee.computed)
    return undefined;
  return node.callee.property.name;
}

/** The names that `pattern` (a parameter, the left side of a declaration) binds. */
function boundNames(pattern, names) {
  if (pattern.type === "Identifier") names.add(pattern.name);
  else if (pattern.type === "Property") boundNames(pattern.value, names);
  else if (pattern.type === "AssignmentPattern") boundNames(pattern.left, names);
  else for (const child of children(pattern)) boundNames(child, names);
  return names;
}

/** Names declared in the callback itself: a `db` among them is not the outer one. */
function namesDeclaredIn(node, names = new Set()) {
  if (functionTypes.has(node.type)) for (const parameter of node.params) boundNames(parameter, names);
  if (node.type === "VariableDeclarator") boundNames(node.id, names);
  for (const child of children(node)) namesDeclaredIn(child, names);
  return names;
}

function rootName(node) {
  if (node.type === "MemberExpression") return rootName(node.object);
  if (node.type === "CallExpression") return rootName(node.callee);
  if (node.type === "TSNonNullExpression" || node.type === "ChainExpression") return rootName(node.expression);
  return node.type === "Identifier" ? node.name : undefined;
}

/** The callback of a `.transaction(...)` call, written in place or as a function of the same file. */
function callbackOf(call, sourceCode) {
  for (const argument of call.arguments) if (functionTypes.has(argument.type)) return argument;
  const last = call.arguments.at(-1);
  if (last?.type !== "Identifier") return undefined;
  for (let scope = sourceCode.getScope(call); scope; scope = scope.upper) {
    const definition = scope.set.get(last.name)?.defs[0]?.node;
    if (!definition) continue;
    const declared = definition.type === "VariableDeclarator" ? definition.init : definition;
    return declared && functionTypes.has(declared.type) ? declared : undefined;
  }
  return undefined;
}

/** Walks one callback and reports what must not happen before the commit. */
function inspect({ callback, handle, context }) {
  const textOf = (node) => context.sourceCode.getText(node).replace(/[?!\s]/g, "");
  const handleText = textOf(handle);
  const declared = namesDeclaredIn(callback);

  const isOuterHandle = (node) => {
    if (declared.has(rootName(node) ?? "")) return false;
    if (node.type === "Identifier") return node.name === handleText || node.name === "db";
    if (node.type === "MemberExpression") return textOf(node) === handleText || /\.#?db$/.test(textOf(node));
    return node.type === "CallExpression" && textOf(node) === handleText;
  };

  const walk = (node) => {
    if (calledMember(node) === "publish" || (node.type === "CallExpression" && node.callee.name === "publish")) {
      context.report({ node, messageId: "publish" });
      for (const argument of node.arguments) walk(argument);
    } else if (calledMember(node) === "transaction") {
      // Its callback is inspected when the linter comes to that call: not twice.
      context.report({ node, messageId: "nested" });
    } else if (isOuterHandle(node)) {
      context.report({ node, messageId: "outer", data: { handle: textOf(node) } });
    } else {
      for (const child of children(node)) walk(child);
    }
  };
  walk(callback.body);
}

export const noPublishInTransaction = {
  meta: {
    type: "problem",
    docs: { description: "nothing is published, and no other connection is used, while a transaction is open" },
    messages: {
      publish:
        "publish inside a transaction sends news of a change that may still be rolled back: use `tx.emit(event)`, which the store publishes after the commit.",
      nested:
        "a transaction inside a transaction takes a second connection and commits on its own: pass `tx` on, and report news with `tx.emit(event)`.",
      outer:
        "`{{handle}}` is the outer handle: inside a transaction it works on another connection, outside of the commit. Use `tx.query(...)`, and `tx.emit(event)` instead of publishing.",
      sql: "notify in SQL goes round the store: use `tx.emit(event)`; only src/bus talks to LISTEN/NOTIFY.",
    },
  },
  create(context) {
    const isBus = context.filename.replaceAll("\\", "/").includes("/src/bus/");
    const checkSql = (node, text) => {
      if (isBus || (!notifyFunction.test(text) && !notifyStatement.test(text))) return;
      context.report({ node, messageId: "sql" });
    };
    return {
      CallExpression(node) {
        if (calledMember(node) !== "transaction") return;
        const callback = callbackOf(node, context.sourceCode);
        if (callback) inspect({ callback, handle: node.callee.object, context });
      },
      Literal(node) {
        if (typeof node.value === "string") checkSql(node, node.value);
      },
      TemplateLiteral(node) {
        // A placeholder stands for some name, so that `notify ${channel}` reads as the statement it becomes.
        checkSql(node, node.quasis.map((quasi) => quasi.value.cooked ?? quasi.value.raw).join("x"));
      },
    };
  },
};
