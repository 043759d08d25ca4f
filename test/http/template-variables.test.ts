// Terraform variables of a push over HTTP: a form beside the archive, its limits, and that their values show nowhere.
import { afterAll, beforeAll, expect, test } from "vitest";
import { templateVariableLengthMax, templateVariablesMax } from "../../src/contracts/limits.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

const secret = "hush-hush-value";
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server.stop());

const bytesOf = (driver: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(tarArchive([{ path: "template.yaml", content: `driver: ${driver}\nagents: [{ name: main }]\n` }]));
const push = async (template: string, variables: Readonly<Record<string, string>>, keepVariables = true) =>
  await server.admin.call("pushTemplate", {
    params: { template },
    query: { keepVariables },
    bytes: bytesOf("terraform"),
    variables,
  });

test("a push stores what is given, shows the names, and takes over what the next one does not give", async () => {
  const first = await push("web", { token: secret, region: "eu" });
  expect(first.version.variables).toEqual(["region", "token"]);
  expect(first).not.toHaveProperty("reusedVariables");
  const second = await push("web", { region: "us" });
  expect(second.reusedVariables).toEqual({ version: 1, names: ["token"] });
  expect(second.version.variables).toEqual(["region", "token"]);
  const third = await push("web", {}, false);
  expect(third.version.variables).toEqual([]);
  expect(await push("web", {})).not.toHaveProperty("reusedVariables");
  const { versions } = await server.admin.call("listTemplateVersions", { params: { template: "web" } });
  expect(versions.map(({ variables }) => variables)).toEqual([[], [], ["region", "token"], ["region", "token"]]);
});

test("a value is in no answer, audit entry, log or archive", async () => {
  const pushed = await push("shown", { token: secret });
  const params = { template: "shown" };
  const answers = [
    pushed,
    await server.admin.call("getTemplate", { params }),
    await server.admin.call("listTemplateVersions", { params }),
    await server.admin.call("listAudit", {}),
    await server.admin.call("getJobLogs", { params: { jobId: pushed.version.importJobId ?? "" } }),
  ];
  expect(JSON.stringify(answers)).not.toContain(secret);
  const archive = await server.admin.download("getVersionArchive", { params: { ...params, version: "1" } });
  expect(Buffer.from(archive).equals(Buffer.from(bytesOf("terraform")))).toBe(true);
});

test("names, numbers and lengths beyond the limits are refused without a value in the words", async () => {
  const refused = async (variables: Readonly<Record<string, string>>): Promise<string> => {
    const error: unknown = await push("limits", variables).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "invalid_request" });
    return (error as Error).message; // as the line above says
  };
  expect(await refused({ "1st": secret })).toMatch(/variables\.1st: a name is a letter/);
  expect(await refused({ prewarm: secret })).toContain("Prewarm sets this variable itself");
  expect(await refused({ ["x".repeat(65)]: secret })).toContain("64 characters at most");
  const long = await refused({ token: secret + "x".repeat(templateVariableLengthMax) });
  expect(long).toContain(`at most ${templateVariableLengthMax}`);
  expect(long).not.toContain(secret);
  const many = Object.fromEntries(Array.from({ length: templateVariablesMax + 1 }, (_, at) => [`v${at}`, secret]));
  expect(await refused(many)).toContain(`at most ${templateVariablesMax}`);
});

test("a template of another driver takes none", async () => {
  const call = server.admin.call("pushTemplate", {
    params: { template: "plain" },
    bytes: bytesOf("process"),
    variables: { token: secret },
  });
  await expect(call).rejects.toMatchObject({
    code: "invalid_request",
    message: 'A template of the driver "process" has no Terraform variables.',
  });
});

test("a form that is no such form is refused, and nothing of it is said", async () => {
  const send = async (body: string | FormData, type?: string): Promise<string> => {
    const response = await fetch(`${server.url}/api/v1/templates/form/versions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${server.admin.token}`,
        ...(type === undefined ? {} : { "content-type": type }),
      },
      body,
    });
    const text = await response.text();
    expect(response.status, text).toBe(400);
    expect(text).not.toContain(secret);
    return text;
  };
  const form = (parts: Readonly<Record<string, string | Blob>>): FormData => {
    const made = new FormData();
    for (const [name, part] of Object.entries(parts)) made.set(name, part);
    return made;
  };
  const archive = new Blob([bytesOf("terraform")]);
  expect(await send(form({ variables: "{}" }))).toContain("no file `archive`");
  expect(await send(form({ archive: "text", variables: "{}" }))).toContain("no file `archive`");
  expect(await send(form({ archive, variables: secret }))).toContain("not JSON");
  expect(await send(form({ archive, variables: `["${secret}"]` }))).toContain("not an object");
  expect(await send(form({ archive, variables: `{"a":["${secret}"]}` }))).toContain("must be a text");
  expect(await send(form({ archive, variables: `{"a":"${secret}\\u0000"}` }))).toContain("cannot be taken");
  expect(await send(form({ archive, other: secret }))).toContain("part of another name");
  expect(await send(form({ archive, variables: "{}", third: secret }))).toContain("more than 2 parts");
  expect(await send(secret, "multipart/form-data")).toContain("no boundary");
  expect(await send(secret, "multipart/form-data; boundary=b")).toContain("cannot be read");
});

test("the API's description has both bodies", async () => {
  const response = await fetch(`${server.url}/api/v1/openapi.json`);
  const { paths } = (await response.json()) as {
    readonly paths: Readonly<Record<string, { readonly post: { readonly requestBody: { readonly content: object } } }>>;
  };
  const { content } = paths["/api/v1/templates/{template}/versions"]?.post.requestBody ?? { content: {} };
  expect(Object.keys(content)).toEqual(["application/gzip", "multipart/form-data"]);
});
