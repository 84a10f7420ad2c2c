/** What a market's logs have about one order. */

import { decodeFrame, decodeRecord, stream } from "@exchange/streams";
import type {
  Command,
  CommandPosition,
  Frame,
  Market,
  MarketEvent,
  MarketId,
} from "@exchange/streams/contract";
import { commandPosition, indexOf, positionsOf, sequenceOf } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import type { JetStreamManager } from "nats";

import type { EpochCopy } from "../epochs/read-copy.ts";
import { readCopiedLog } from "../epochs/read-copy.ts";
import type { LogSource } from "../exchange/read-epochs.ts";
import { findStream, openDeletedCopy, readEpochs } from "../exchange/read-epochs.ts";
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

/** Throws a `Failure` when it is in an epoch that was deleted, and its copy is not at hand. */
export async function readOrderLogs(
  source: LogSource,
  market: Market,
  orderId: CommandPosition,
): Promise<OrderLogs> {
  const own = await readCommand(source, market, orderId);
  if (own === undefined) throw new Failure(`There is no command ${market.market}:${orderId}.`);
  const { kind } = own.command;
  if (kind !== "PlaceOrder" && kind !== "PlaceOrderPair") {
    throw new Failure(`${market.market}:${orderId} is no order but ${kind}.`);
  }
  const found = await readOrderEvents(source, { market, own }, orderId);
  const commands = [own];
  for (const position of new Set(found.events.map(({ command }) => command))) {
    if (position === own.position) continue;
    const logged = await readCommand(source, market, position);
    if (logged === undefined)
      throw new Failure(`There is no command ${market.market}:${position}.`);
    commands.push(logged);
  }
  return { ...found, commands };
}

/** What took trades of the order back, which may be long after it was over. */
export async function readReversals(
  source: LogSource,
  market: Market,
  {
    orderId,
    positions,
  }: { readonly orderId: CommandPosition; positions: readonly CommandPosition[] },
): Promise<Pick<OrderLogs, "commands" | "events">> {
  const commands: LoggedCommand[] = [];
  const events: MarketEvent[] = [];
  for (const position of positions) {
    const logged = await readCommand(source, market, position);
    if (logged === undefined)
      throw new Failure(`There is no command ${market.market}:${position}.`);
    commands.push(logged);
    for await (const { data } of readFrom(source, market, logged)) {
      const frame = decodeFrame(data);
      events.push(
        ...frame.events.filter((event) => event.command === position && concerns(event, orderId)),
      );
      if (frame.to.command > position || (frame.to.command === position && frame.complete)) break;
    }
  }
  return { commands, events };
}

/** What a log has of a record. */
interface Recorded {
  readonly data: Uint8Array;
  readonly subject: string;
  readonly timeMs: number;
}

async function readCommand(
  source: LogSource,
  market: Market,
  position: CommandPosition,
): Promise<LoggedCommand | undefined> {
  const sequence = sequenceOf(position);
  for (let epoch = market.epoch; epoch >= 1; epoch -= 1) {
    const recorded = await findRecord(source, { market: market.market, epoch }, sequence);
    if (recorded === "earlier") continue;
    if (recorded === "absent") return undefined;
    const record = decodeRecord(recorded.data);
    const found = findCommand(record.commands, indexOf(position));
    if (found === undefined) return undefined;
    const { command, index } = found;
    const traceId = record.traces?.[index]?.split("-")[1];
    return {
      position: commandPosition(sequence, index),
      epoch,
      key: recorded.subject.split(".").slice(2).join("."),
      storedMs: recorded.timeMs,
      command,
      ...(traceId === undefined ? {} : { traceId }),
    };
  }
  return undefined;
}

/** `earlier`: if anything, it is in an epoch before this one. */
async function findRecord(
  source: LogSource,
  epoch: { readonly market: MarketId; readonly epoch: number },
  sequence: number,
): Promise<Recorded | "earlier" | "absent"> {
  const name = stream.commands(epoch.market, epoch.epoch);
  const state = (await findStream(source.connection, name))?.state;
  if (state === undefined) return await findCopied(await openDeletedCopy(source, epoch), sequence);
  if (sequence < state.first_seq) return "earlier";
  if (sequence > state.last_seq) return "absent";
  const jsm = await source.connection.jetstreamManager();
  const { data, subject, time } = await jsm.streams.getMessage(name, { seq: sequence });
  return { data, subject, timeMs: time.getTime() };
}

async function findCopied(
  copy: EpochCopy,
  sequence: number,
): Promise<Recorded | "earlier" | "absent"> {
  const { first, last } = copy.manifest.commands;
  if (sequence < first) return "earlier";
  if (sequence > last) return "absent";
  for await (const message of readCopiedLog(copy, "commands")) {
    if (message.sequence === sequence) return message;
  }
  return "absent";
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
  source: LogSource,
  { market, own }: { readonly market: Market; readonly own: LoggedCommand },
  orderId: CommandPosition,
): Promise<Omit<OrderLogs, "commands">> {
  const events: MarketEvent[] = [];
  let sequence = 0;
  for await (const message of readFrom(source, market, own)) {
    ({ sequence } = message);
    const about = decodeFrame(message.data).events.filter((event) => concerns(event, orderId));
    events.push(...about);
    const isOver = about.some((event) => endsOrder(event, orderId));
    if (isOver) return { events, isOver, sequence };
  }
  return { events, isOver: false, sequence };
}

/** All frames from the one on that has the command's first event; of a copy all of its epoch. */
async function* readFrom(
  source: LogSource,
  market: Market,
  own: LoggedCommand,
): AsyncGenerator<LogMessage> {
  const { connection } = source;
  const name = stream.events(market.market, own.epoch);
  const state = (await findStream(connection, name))?.state;
  let from = own.epoch;
  if (state !== undefined) {
    // The second leg of a pair is decided about by the first one's command.
    const first = await findFrame(await connection.jetstreamManager(), name, own.position);
    yield* readLog(connection, { stream: name, after: first - 1, until: state.last_seq });
    from += 1;
  }
  yield* readEpochs(source, market, { kind: "events", from });
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
