/** Pages of public history: what is asked of the market service, and what a client hears while it cannot be told. */

import { expect, test } from "bun:test";

import { createFixture } from "../testing/fixture.ts";

const at = { command: 6144, index: 2 };
const trade = {
  market: "BTC-USD",
  at,
  tradeId: "6144-2",
  priceTicks: 23_640,
  qtyLots: 5,
  takerSide: "buy",
  timeMs: 1000,
} as const;

test("a page of trades goes on from a tradeId", async () => {
  const asked: object[] = [];
  const fixture = createFixture({
    services: {
      readTrades: (request) => {
        asked.push(request);
        return Promise.resolve({ kind: "ok", value: { market: "BTC-USD", at, trades: [trade] } });
      },
    },
  });
  const first = await fixture.ask("GET", "/v1/markets/BTC-USD/trades?limit=1");
  expect(await first.json()).toMatchObject({ trades: [{ tradeId: "6144-2" }] });
  await fixture.ask("GET", "/v1/markets/BTC-USD/trades?limit=1&before=6144-2");
  expect(asked).toEqual([
    { market: "BTC-USD", limit: 1 },
    { market: "BTC-USD", limit: 1, before: at },
  ]);
});

test.each(["6144", "6144-2-1", "-6144-2", "x"])(
  "trades before %s are refused as badly written",
  async (before) => {
    const { status } = await createFixture().ask(
      "GET",
      `/v1/markets/BTC-USD/trades?before=${before}`,
    );
    expect(status).toBe(400);
  },
);

test("history that cannot be read now is a 503 with its code, and when to ask again", async () => {
  const refused = { kind: "refused", code: "HISTORY_UNAVAILABLE" } as const;
  const fixture = createFixture({ services: { readCandles: () => Promise.resolve(refused) } });
  const path = "/v1/markets/BTC-USD/candles?interval=1M&beforeMs=1000";
  const response = await fixture.ask("GET", path);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await response.json()).toMatchObject({ code: "HISTORY_UNAVAILABLE" });
});
