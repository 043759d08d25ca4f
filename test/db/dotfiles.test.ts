// Whose dotfiles a workspace is told of, and what a person can set.
import { expect, it } from "vitest";
import { claimRecordOf } from "../../src/app/agents/agents.ts";
import { clearDotfiles, runDotfiles, seeDotfiles, setDotfiles } from "../../src/app/dotfiles/dotfiles.ts";
import { codeOf } from "../support/claims.ts";
import { type SecretBed, secretBed } from "../support/secrets.ts";

const repository = "https://git.example.org/ada/dotfiles";

const told = async ({ fx, agent }: SecretBed) => (await claimRecordOf(fx.context, agent)).dotfiles;

it("a workspace is told of its owner's dotfiles while they are on and he is not suspended, and never of another's", async () => {
  const bed = await secretBed();
  const { fx } = bed;
  await setDotfiles(fx.context, fx.admin, { repository });
  expect(await told(bed)).toEqual({ runs: 0, source: null });
  await setDotfiles(fx.context, fx.alice, { repository, branch: "main", folder: "home" });
  const source = { repository, branch: "main", folder: "home" };
  expect(await told(bed)).toEqual({ runs: 0, source });
  await setDotfiles(fx.context, fx.alice, { isOn: false });
  expect(await told(bed)).toEqual({ runs: 0, source: null });
  await setDotfiles(fx.context, fx.alice, { isOn: true });
  expect(await told(bed)).toEqual({ runs: 0, source });
  await fx.rows("update users set suspended_at = now() where username = 'alice'");
  expect(await told(bed)).toEqual({ runs: 0, source: null });
});

it("what is left out stays, but branch and folder of another repository; and what is cleared is gone", async () => {
  const { fx } = await secretBed();
  expect(await codeOf(setDotfiles(fx.context, fx.alice, { isOn: false }))).toBe("not_found");
  expect(await codeOf(seeDotfiles(fx.context, fx.alice))).toBe("not_found");
  await setDotfiles(fx.context, fx.alice, { repository, branch: "main", folder: "home" });
  await setDotfiles(fx.context, fx.alice, { folder: "", isOn: false });
  expect(await seeDotfiles(fx.context, fx.alice)).toEqual({ repository, branch: "main", folder: "", isOn: false });
  const other = "git@git.example.org:ada/other.git";
  expect(await setDotfiles(fx.context, fx.alice, { repository: other })).toMatchObject({ branch: "", isOn: false });
  await clearDotfiles(fx.context, fx.alice);
  expect(await codeOf(clearDotfiles(fx.context, fx.alice))).toBe("not_found");
  const acts = await fx.rows<{ readonly action: string }>(
    "select action from audit_log where action like 'dotfiles.%'",
  );
  expect(acts).toHaveLength(4);
});

it("another run is a number that the workspace's agents are told of, and is refused where there are no dotfiles", async () => {
  const bed = await secretBed();
  const { fx, agent } = bed;
  const workspace = agent.workspace_id;
  expect(await codeOf(runDotfiles(fx.context, fx.alice, { workspace }))).toBe("conflict");
  await setDotfiles(fx.context, fx.alice, { repository, isOn: false });
  expect(await codeOf(runDotfiles(fx.context, fx.alice, { workspace }))).toBe("conflict");
  await setDotfiles(fx.context, fx.alice, { isOn: true });
  fx.published.length = 0;
  expect(await runDotfiles(fx.context, fx.admin, { workspace })).toEqual({ repository, isConnected: false });
  expect(fx.published).toContain(`agent:${agent.id}`);
  expect(await told(bed)).toMatchObject({ runs: 1 });
});

it("a repository is fetched over https and ssh alone, without a password in its address; a folder is within it", async () => {
  const { fx } = await secretBed();
  const set = (input: Parameters<typeof setDotfiles>[2]) => codeOf(setDotfiles(fx.context, fx.alice, input));
  const refused = [
    "ext::sh -c true",
    "file:///etc",
    "/etc",
    "--upload-pack=true",
    "-oProxyCommand=true@host:path",
    "http://git.example.org/ada/dotfiles",
    "https://ada:hunter2@git.example.org/ada/dotfiles",
    "ssh://-oProxyCommand=true/dotfiles",
    "https://git.example.org",
    "https://git.example.org/a\nb",
  ];
  for (const one of refused) expect(await set({ repository: one }), one).toBe("invalid_request");
  const taken = [
    "ssh://git@git.example.org:2222/ada/dotfiles",
    "git@git.example.org:dotfiles",
    "http://127.0.0.1:80/x",
  ];
  for (const one of taken) await setDotfiles(fx.context, fx.alice, { repository: one });
  expect(await set({ folder: "home/../.." })).toBe("invalid_request");
  expect(await set({ branch: "a..b" })).toBe("invalid_request");
});

it("who is deleted has no dotfiles any more", async () => {
  const { fx } = await secretBed();
  await fx.rows("update workspaces set deleted_at = now()");
  await setDotfiles(fx.context, fx.alice, { repository });
  const { deleteUser } = await import("../../src/db/people/identity.ts");
  await fx.context.db.transaction("delete", async (tx) => deleteUser(tx, fx.alice.userId, fx.context.clock.now()));
  expect(await fx.rows("select 1 from users where dotfiles is not null")).toEqual([]);
});
