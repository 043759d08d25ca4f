import { describe, expect, test } from "vitest";
import { FormEvaluations, type FormParameters } from "../../../src/app/forms/form-evaluations.ts";
import type { UserId } from "../../../src/contracts/ids.ts";
import {
  formAnswerKeptMs,
  formAnswersKeptMax,
  formEvaluationsMax,
  formEvaluationsPerPersonMax,
} from "../../../src/contracts/limits.ts";

const ada = "ada" as UserId;

interface Question {
  readonly key: string;
  readonly form?: string | null;
  readonly by?: string;
  readonly nowMs?: number;
}

/** Forms whose answers come when the test says so. */
class Bench {
  readonly forms = new FormEvaluations();
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (end: FormParameters | Error) => void>();

  ask({ key, form = null, by = ada, nowMs = 0 }: Question): Promise<FormParameters> {
    const evaluate = (): Promise<FormParameters> => {
      this.begun.push(key);
      return new Promise((resolve, reject) => {
        this.#ends.set(key, (end) => (end instanceof Error ? reject(end) : resolve(end)));
      });
    };
    return this.forms.answer({ key, form, askedBy: by as UserId, nowMs, evaluate });
  }

  end(key: string, end: FormParameters | Error = [{ name: key }]): void {
    this.#ends.get(key)?.(end);
  }

  async known(key: string, nowMs = 0): Promise<FormParameters> {
    const answer = this.ask({ key, nowMs });
    this.end(key);
    return await answer;
  }
}

/** Until what was begun has gone as far as it can by itself. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("an answer", () => {
  test("is kept for a while, and asked for again after it", async () => {
    const bench = new Bench();
    await bench.known("a");
    expect(await bench.ask({ key: "a", nowMs: formAnswerKeptMs - 1 })).toEqual([{ name: "a" }]);
    expect(bench.begun).toEqual(["a"]);
    await bench.known("a", formAnswerKeptMs);
    expect(bench.begun).toEqual(["a", "a"]);
  });

  test("that is worked out is shared by all who ask for it meanwhile", async () => {
    const bench = new Bench();
    const both = Promise.all([bench.ask({ key: "a", form: "f" }), bench.ask({ key: "a", by: "bob" })]);
    bench.end("a");
    expect(await both).toEqual([[{ name: "a" }], [{ name: "a" }]]);
    expect(bench.begun).toEqual(["a"]);
  });

  test("that fails is not kept", async () => {
    const bench = new Bench();
    const failed = bench.ask({ key: "a" });
    bench.end("a", new Error("no"));
    await expect(failed).rejects.toThrow("no");
    await bench.known("a");
    expect(bench.begun).toEqual(["a", "a"]);
  });

  test("goes when there are more than are kept, the oldest first", async () => {
    const bench = new Bench();
    for (let nth = 0; nth <= formAnswersKeptMax; nth += 1) await bench.known(`${nth}`);
    const count = bench.begun.length;
    await bench.known("1");
    expect(bench.begun).toHaveLength(count);
    await bench.known("0");
    expect(bench.begun).toHaveLength(count + 1);
  });
});

describe("one form", () => {
  test("is evaluated once at a time, and the newest question goes next", async () => {
    const bench = new Bench();
    const [one, two, three] = ["1", "2", "3"].map((key) => bench.ask({ key, form: "f" }));
    await expect(two).rejects.toMatchObject({ code: "form_superseded" });
    expect(bench.begun).toEqual(["1"]);
    bench.end("1");
    expect(await one).toEqual([{ name: "1" }]);
    await settled();
    expect(bench.begun).toEqual(["1", "3"]);
    bench.end("3");
    expect(await three).toEqual([{ name: "3" }]);
    await bench.known("4");
  });

  test("goes on after a question that failed", async () => {
    const bench = new Bench();
    const [one, two] = ["1", "2"].map((key) => bench.ask({ key, form: "f" }));
    bench.end("1", new Error("no"));
    await expect(one).rejects.toThrow("no");
    await settled();
    bench.end("2");
    expect(await two).toEqual([{ name: "2" }]);
  });

  test("keeps nobody else's from being evaluated", async () => {
    const bench = new Bench();
    const both = ["f", "g"].map((form) => bench.ask({ key: form, form }));
    expect(bench.begun).toEqual(["f", "g"]);
    for (const key of ["f", "g"]) bench.end(key);
    expect(await Promise.all(both)).toHaveLength(2);
  });
});

describe("the places of a server", () => {
  test("are so many for one person, and so many for all", async () => {
    const bench = new Bench();
    const running: Promise<unknown>[] = [];
    for (let nth = 0; nth < formEvaluationsPerPersonMax; nth += 1) running.push(bench.ask({ key: `ada ${nth}` }));
    await expect(bench.ask({ key: "ada more" })).rejects.toMatchObject({ code: "too_many_open" });
    for (let nth = running.length; nth < formEvaluationsMax; nth += 1) {
      running.push(bench.ask({ key: `${nth}`, by: `person ${nth}` }));
    }
    await expect(bench.ask({ key: "one more", by: "bob" })).rejects.toMatchObject({ code: "server_full" });
    for (const key of bench.begun) bench.end(key);
    await Promise.all(running);
    await bench.known("one more");
  });
});
