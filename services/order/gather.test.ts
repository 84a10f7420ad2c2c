import { expect, test } from "bun:test";

import { gather } from "./gather.ts";

test("what waits while a group is asked becomes the next one, in order", async () => {
  const groups: number[][] = [];
  const ask = gather<number, number>({
    groupMax: 3,
    async ask(group) {
      groups.push([...group]);
      await Bun.sleep(1);
      return group.map((item) => item * 10);
    },
  });
  const first = ask(1);
  await Promise.resolve();
  await Promise.resolve();
  const rest = [2, 3, 4, 5].map((item) => ask(item));
  expect(await Promise.all([first, ...rest])).toEqual([10, 20, 30, 40, 50]);
  expect(groups).toEqual([[1], [2, 3, 4], [5]]);
});

test("a failed group fails its own items and no others", async () => {
  let calls = 0;
  const ask = gather<string, string>({
    groupMax: 1,
    ask(group) {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error("away")) : Promise.resolve(group);
    },
  });
  const [lost, answered] = await Promise.allSettled([ask("a"), ask("b")]);
  expect(lost.status).toBe("rejected");
  expect(answered).toEqual({ status: "fulfilled", value: "b" });
});

test("answers that do not match the questions are nobody's answers", async () => {
  const ask = gather<number, number>({ groupMax: 9, ask: () => Promise.resolve([1]) });
  const settled = await Promise.allSettled([ask(1), ask(2)]);
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
