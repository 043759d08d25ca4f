import { expect, test } from "vitest";
import { usableWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";

const elsewhere = "00000000-0000-4000-8000-00000000000a";

test("favourite adds to those that there are, and takes away with --remove", async () => {
  const { id } = usableWorkspace();
  let favourites = [elsewhere];
  const { api, bench } = await cliAgainst({
    getWorkspace: () => ({ json: usableWorkspace() }),
    getPreferences: () => ({ json: { favourites, views: [] } }),
    setPreferences: ({ body }) => {
      ({ favourites } = body as { favourites: string[] });
      return { json: { favourites, views: [] } };
    },
    listWorkspaces: () => ({ json: { workspaces: [], total: 0 } }),
  });
  expect((await bench.run("favourite", "dev")).stdout).toBe("dev is a favourite.\n");
  expect(favourites).toEqual([elsewhere, id]);
  // Said twice, it is one still.
  expect((await bench.run("favourite", "dev", "-q")).stdout).toBe(`${elsewhere}\n${id}\n`);
  expect((await bench.run("favourite", "dev", "--remove")).stdout).toBe("dev is no favourite any more.\n");
  expect(favourites).toEqual([elsewhere]);
  await bench.run("list", "--favourites");
  expect(api.calls("listWorkspaces")[0]?.query).toMatchObject({ favourite: "true" });
  expect((await bench.run("favourite")).exitCode).toBe(2);
});
