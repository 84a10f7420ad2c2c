/** What a market's logs have about one order. */

import { decodeFrame, decodeRecord, stream } from "@exchange/streams";
import type {
  Command,
  CommandPosition,
  Frame,
  Market,
  MarketEvent,
} from "@exchange/streams/contract";
import { commandPosition, indexOf, positionsOf, sequenceOf } from "@exchange/streams/contract";
import type { JetStreamManager, NatsConnection } from "nats";

import { readLog } from "../exchange/read-log.ts";
import { Failure } from "../setup/failure.ts";
import type { LoggedCommand } from "./chain.ts";
import { concerns, endsOrder } from "./chain.ts";

export interface OrderLogs {
  readonly commands: readonly LoggedCommand[];
  readonly events: readonly MarketEvent[];
  readonly isOver: boolean;
  /** Of the last frame that was read. */
  readonly sequence: number;
}

export async function readOrderLogs(
  connection: NatsConnection,
  market: Market,
  orderId: CommandPosition,
): Promise<OrderLogs> {
  const jsm = await connection.jetstreamManager();
  const own = await readCommand(jsm, market, orderId);
  if (own === undefined) throw new Failure(`There is no command ${market.market}:${orderId}.`);
  const { kind } = own.command;
  if (kind !== "PlaceOrder" && kind !== "PlaceOrderPair") {
    throw new Failure(`${market.market}:${orderId} is no order but ${kind}.`);
  }
  const found = await readOrderEvents(connection, { market, own }, orderId);
  const commands = [own];
  for (const position of new Set(found.events.map(({ command }) => command))) {
    if (position === own.position) continue;
    const logged = await readCommand(jsm, market, position);
    if (logged === undefined)
      throw new Failure(`There is no command ${market.market}:${position}.`);
    commands.push(logged);
  }
  return { ...found, commands };
}

async function readCommand(
  jsm: JetStreamManager,
  market: Market,
  position: CommandPosition,
): Promise<LoggedCommand | undefined> {
  const sequence = sequenceOf(position);
  for (let epoch = market.epoch; epoch >= 1; epoch -= 1) {
    const name = stream.commands(market.market, epoch);
    const { state } = await jsm.streams.info(name);
    if (sequence < state.first_seq || sequence > state.last_seq) continue;
    const message = await jsm.streams.getMessage(name, { seq: sequence });
    const record = decodeRecord(message.data);
    const found = findCommand(record.commands, indexOf(position));
    if (found === undefined) return undefined;
    const { command, index } = found;
    const traceId = record.traces?.[index]?.split("-")[1];
    return {
      position: commandPosition(sequence, index),
      epoch,
      key: message.subject.split(".").slice(2).join("."),
      storedMs: message.time.getTime(),
      command,
      ...(traceId === undefined ? {} : { traceId }),
    };
  }
  return undefined;
}

/** The command that has this position as its own or as its second, and where it begins. */
function findCommand(
  commands: readonly Command[],
  wanted: number,
): { readonly command: Command; readonly index: number } | undefined {
  let index = 0;
  for (const command of commands) {
    const end = index + positionsOf(command);
    if (wanted < end) return { command, index };
    index = end;
  }
  return undefined;
}

async function readOrderEvents(
  connection: NatsConnection,
  { market, own }: { readonly market: Market; readonly own: LoggedCommand },
  orderId: CommandPosition,
): Promise<Omit<OrderLogs, "commands">> {
  const jsm = await connection.jetstreamManager();
  const events: MarketEvent[] = [];
  let sequence = 0;
  for (let { epoch } = own; epoch <= market.epoch; epoch += 1) {
    const name = stream.events(market.market, epoch);
    const { state } = await jsm.streams.info(name);
    // The second leg of a pair is decided about by the first one's command.
    const isOwn = epoch === own.epoch;
    const first = isOwn ? await findFrame(jsm, name, own.position) : state.first_seq;
    const range = { stream: name, after: first - 1, until: state.last_seq };
    for await (const message of readLog(connection, range)) {
      ({ sequence } = message);
      const about = decodeFrame(message.data).events.filter((event) => concerns(event, orderId));
      events.push(...about);
      const isOver = about.some((event) => endsOrder(event, orderId));
      if (isOver) return { events, isOver, sequence };
    }
  }
  return { events, isOver: false, sequence };
}

/** Sequence of the first frame that reaches this command; one past the last when none does. */
async function findFrame(
  jsm: JetStreamManager,
  name: string,
  position: CommandPosition,
): Promise<number> {
  const { state } = await jsm.streams.info(name);
  let low = Math.max(1, state.first_seq);
  let high = state.last_seq + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const frame: Frame = decodeFrame((await jsm.streams.getMessage(name, { seq: middle })).data);
    if (frame.to.command < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
