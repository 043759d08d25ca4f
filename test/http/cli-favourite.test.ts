import { expect, test } from "vitest";
import { usableWorkspace } from "../support/api-samples.ts";
import { cliAgainst } from "../support/cli-against-api.ts";

test("favourite adds what it is told to, and takes away with --remove", async () => {
  const { id } = usableWorkspace();
  const { api, bench } = await cliAgainst({
    getWorkspace: () => ({ json: usableWorkspace() }),
    changePreferences: () => ({ json: { favourites: [id], views: [] } }),
    listWorkspaces: () => ({ json: { workspaces: [], total: 0 } }),
  });
  expect((await bench.run("favourite", "dev", "dev")).stdout).toContain("dev is a favourite.\n");
  expect(api.calls("changePreferences").at(-1)?.body).toEqual({ addFavourites: [id] });
  expect((await bench.run("favourite", "dev", "-q")).stdout).toBe(`${id}\n`);
  expect((await bench.run("favourite", "dev", "--remove")).stdout).toBe("dev is no favourite any more.\n");
  expect(api.calls("changePreferences").at(-1)?.body).toEqual({ removeFavourites: [id] });
  await bench.run("list", "--favourites");
  expect(api.calls("listWorkspaces")[0]?.query).toMatchObject({ favourite: "true" });
  expect((await bench.run("favourite")).exitCode).toBe(2);
});
