import { expect, test } from "bun:test";

import { answerUnlessKnown } from "./conditional.ts";
import { respond } from "./respond.ts";

function ask(ifNoneMatch?: string, source: object = {}, view = (): object => ({ price: "1" })) {
  const headers = ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch };
  const request = new Request("http://localhost/v1/markets/BTC-USD/ticker", { headers });
  return respond(answerUnlessKnown({ request, source, version: "7-1", view }), "id");
}

const tag = ask().headers.get("etag") ?? "";

test("an answer has a tag, and may be shared for a second", async () => {
  const response = ask();
  expect(response.status).toBe(200);
  expect(tag).toMatch(/^"[\w-]+"$/);
  expect(response.headers.get("cache-control")).toBe("public, max-age=0, s-maxage=1");
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual({ price: "1" });
});

test.each([tag, `W/${tag}`, `"other", ${tag}`, "*"])(
  "who has it already is told so, and nothing else: %s",
  async (known) => {
    const response = ask(known);
    expect(response.status).toBe(304);
    expect(response.headers.get("etag")).toBe(tag);
    expect(await response.text()).toBe("");
  },
);

test.each(['"other"', "nonsense", "", tag.slice(1, -1)])("any other tag gets all: %j", (known) => {
  expect(ask(known).status).toBe(200);
});

test("an answer is made into text once", () => {
  const source = {};
  let made = 0;
  const view = (): object => {
    made += 1;
    return {};
  };
  for (let asked = 0; asked < 3; asked += 1) ask(undefined, source, view);
  expect(made).toBe(1);
});
