/** A copy of a market's first epoch on the disk, of a few commands, for planting faults in. */

import { createBook } from "@exchange/engine/core";
import { encodeSnapshot, Replica } from "@exchange/engine/replay";
import { encodeFrame, encodeJson, encodeRecord, subject } from "@exchange/streams";

import { createSmallMarket, market } from "../../audit/testing/small-market.ts";
import type { LogKind, Manifest } from "../manifest.ts";
import { checkpointFile, copyFolder, logFile, MANIFEST_FILE } from "../manifest.ts";
import type { StoredMessage } from "../stored-message.ts";
import { clearFolder, writeLog, writeWhole } from "../write-copy.ts";

export type SmallLogs = Readonly<Record<LogKind, readonly StoredMessage[]>>;

export { market };

const small = createSmallMarket();

export const smallLogs: SmallLogs = {
  commands: small.records.map(({ sequence, timeMs, record }) =>
    messageOf(
      encodeRecord(record),
      { sequence, timeMs },
      subject.command(market.market, 1, `w.${sequence}`),
    ),
  ),
  events: small.frames.map(({ sequence, frame }) =>
    messageOf(
      encodeFrame(frame),
      { sequence, timeMs: frame.timeMs },
      subject.events(market.market, 1),
    ),
  ),
};

/** The manifest says of these logs what it would if they were the market's. */
export async function writeSmallCopy(
  copies: string,
  logs: SmallLogs = smallLogs,
): Promise<Manifest> {
  const folder = copyFolder(copies, market.market, 1);
  await clearFolder(folder, MANIFEST_FILE);
  const [first, last] = [small.frames[0], small.frames.at(-1)];
  const manifest: Manifest = {
    v: 1,
    market: market.market,
    epoch: 1,
    exportedAt: "2026-01-01T00:00:00.000Z",
    commands: await writeLog(folder, logFile.commands, inTurn(logs.commands)),
    events: {
      ...(await writeLog(folder, logFile.events, inTurn(logs.events))),
      hashAtFirst: first?.frame.hashAtTo ?? "",
      hashAtLast: last?.frame.hashAtTo ?? "",
    },
    end: await writeWhole(folder, checkpointFile.end, [encodeSnapshot(endOf())]),
  };
  await writeWhole(folder, MANIFEST_FILE, [encodeJson(manifest)]);
  return manifest;
}

export async function* inTurn<Value>(values: Iterable<Value>): AsyncGenerator<Value> {
  for (const value of values) yield await Promise.resolve(value);
}

/** What the next epoch begins with. */
function endOf() {
  const replica = new Replica({ market: market.market, epoch: 1, createBook });
  for (const logged of small.records) replica.apply(logged);
  replica.enterEpoch(2);
  return { v: 2, anchorSequence: small.frames.length, replica: replica.snapshot() } as const;
}

function messageOf(
  data: Uint8Array,
  { sequence, timeMs }: Pick<StoredMessage, "sequence" | "timeMs">,
  about: string,
): StoredMessage {
  const time = new Date(timeMs).toISOString().replace("Z", "123456Z");
  return { sequence, time, timeMs, subject: about, headers: { "Nats-Some": ["1", "2"] }, data };
}
