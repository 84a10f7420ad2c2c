/** `exchange replay`: a recorded order flow through the public door. */

import type { Market } from "@exchange/streams/contract";
import { formatQty, parseMarketPosition } from "@exchange/streams/contract";

import type { Exchange } from "../../exchange/connect.ts";
import { readMarket, withExchange } from "../../exchange/connect.ts";
import { firstEpochLeft, readEvents as readMarketEvents } from "../../exchange/read-epochs.ts";
import { waitForCommand } from "../../exchange/read-log.ts";
import type { HttpClient } from "../../http/client.ts";
import { createHttpClient } from "../../http/client.ts";
import type { LatencySummary } from "../../http/latency.ts";
import { summarizeLatencies } from "../../http/latency.ts";
import { createPersistentAsk } from "../../http/persistent.ts";
import type { OperatorVerb } from "../effect.ts";
import { parseOptions } from "../options.ts";
import { planReplay } from "./plan.ts";
import { createProgress } from "./progress.ts";
import { readEvents } from "./read-events.ts";
import type { StepsResult } from "./run-steps.ts";
import { runSteps } from "./run-steps.ts";
import { openTraders } from "./traders.ts";

const TRADERS_DEFAULT = 50;
/** A request without an answer is repeated after this long. */
const REPLY_LIMIT_MS = 5000;
/** A step gives up after this long: longer than a restart and a hold's deadline together. */
const STEP_LIMIT_MS = 120_000;

export const replay: OperatorVerb = {
  effects: "changes",
  summary: "send a recorded order flow through the public door",
  help: `Usage: bun run exchange replay FILE --market MARKET [options]

FILE is an orders.csv, plain or compressed (.gz, .xz), with the columns
id,timestamp,exchange.timestamp,price,volume,action,direction. Every created order is sent as a limit order
with its id as clientOrderId, every deletion as a cancel, the next once the previous one is committed.
The traders are signed up and funded first. Repeating a replay changes nothing: it goes on where it broke off.

  --market MARKET   where to trade
  --traders N       orders go to trader id % N (default ${TRADERS_DEFAULT})
  --limit N         only the first N events of the file
  --window N        N steps in flight (default 1). With more, the order of the file is not kept
  --acks FILE       add a JSON line to FILE for every order that was acknowledged
  --json            the summary as JSON`,
  run: async (args) => {
    const options = parseOptions(
      args,
      { market: "string", traders: "string", limit: "string", window: "string", acks: "string" },
      ["FILE"],
    );
    const [file = ""] = options.positionals;
    const events = await readEvents(file, options.count("limit", Number.MAX_SAFE_INTEGER));
    const id = options.required("market");
    const summary = await withExchange(async (exchange) =>
      runReplay(exchange, {
        market: await readMarket(exchange, id),
        events,
        traders: options.count("traders", TRADERS_DEFAULT),
        window: options.count("window", 1),
        acksFile: options.text("acks"),
      }),
    );
    console.log(options.flag("json") ? JSON.stringify(summary) : formatSummary(summary));
    return 0;
  },
};

interface ReplayInput {
  readonly market: Market;
  readonly events: Awaited<ReturnType<typeof readEvents>>;
  readonly traders: number;
  readonly window: number;
  readonly acksFile: string | undefined;
}

interface ReplaySummary {
  readonly market: string;
  readonly events: number;
  readonly orders: number;
  readonly cancels: number;
  /** Steps whose answer committed nothing, by code. */
  readonly answered: Readonly<Record<string, number>>;
  /** Requests that were sent again. */
  readonly repeats: number;
  readonly trades: number;
  /** Base, as decimal text. */
  readonly volume: string;
  readonly seconds: number;
  readonly commandsPerSecond: number;
  readonly latencyMs: LatencySummary;
}

async function runReplay(exchange: Exchange, input: ReplayInput): Promise<ReplaySummary> {
  const client = createHttpClient({
    url: exchange.running.gatewayUrl,
    connectionsMax: Math.max(input.window, 4),
    timeoutMs: REPLY_LIMIT_MS,
  });
  try {
    return await replayThrough(client, exchange, input);
  } finally {
    client.close();
  }
}

async function replayThrough(
  client: HttpClient,
  exchange: Exchange,
  input: ReplayInput,
): Promise<ReplaySummary> {
  const { market, traders, window, acksFile } = input;
  let repeats = 0;
  const ask = createPersistentAsk({
    client,
    limitMs: STEP_LIMIT_MS,
    onRepeat: () => {
      repeats += 1;
    },
  });
  const { steps, funding } = planReplay(input.events, market, traders);
  const signingUp = createProgress("traders", traders);
  const sessions = await openTraders({
    ask,
    market: market.market,
    traders,
    funding,
    onReady: (done) => signingUp.show(done),
  });
  signingUp.end();
  const sending = createProgress(market.market, steps.length);
  const sent = await runSteps({
    market: market.market,
    steps,
    sessions,
    window,
    acksFile,
    onStep: (done) => sending.show(done),
  });
  sending.end();
  return {
    ...summarize(sent, input),
    repeats,
    ...(await sumTrades(exchange, market, sent)),
  };
}

function summarize(
  sent: StepsResult,
  { market, events }: ReplayInput,
): Omit<ReplaySummary, "repeats" | "trades" | "volume"> {
  const seconds = sent.elapsedMs / 1000;
  return {
    market: market.market,
    events: events.length,
    orders: sent.ordersCommitted,
    cancels: sent.cancelsCommitted,
    answered: sent.answered,
    seconds: Math.round(seconds * 10) / 10,
    commandsPerSecond: Math.round(sent.latenciesMs.length / seconds),
    latencyMs: summarizeLatencies(sent.latenciesMs),
  };
}

/** The trades that the replay's commands caused, from the event log. */
async function sumTrades(
  { connection }: Exchange,
  market: Market,
  { firstAt = "", lastAt = "" }: StepsResult,
): Promise<Pick<ReplaySummary, "trades" | "volume">> {
  const first = parseMarketPosition(firstAt)?.position;
  const last = parseMarketPosition(lastAt)?.position;
  let trades = 0;
  let lots = 0;
  if (first !== undefined && last !== undefined) {
    await waitForCommand(connection, market, last);
    // An epoch is deleted long after it was over, and these commands came just now.
    const from = await firstEpochLeft(connection, market);
    await readMarketEvents({ connection }, { market, from }, (event) => {
      if (event.kind !== "Trade" || event.command < first || event.command > last) return;
      trades += 1;
      lots += event.qtyLots;
    });
  }
  return { trades, volume: formatQty(market, lots) };
}

function formatSummary(summary: ReplaySummary): string {
  const { orders, cancels, answered, repeats, latencyMs } = summary;
  const codes = Object.entries(answered).map(([code, count]) => `${count} ${code}`);
  return `${summary.market}: ${summary.events} events in ${summary.seconds} s
orders    ${orders} committed
cancels   ${cancels} committed
answered  ${codes.length === 0 ? "0" : codes.join(", ")}
repeats   ${repeats}
trades    ${summary.trades}
volume    ${summary.volume}
rate      ${summary.commandsPerSecond} commands/s
latency   p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`;
}
