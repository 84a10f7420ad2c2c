/**
 * Engine snapshots in the object store, three a market. They save time at a start and decide nothing:
 * one is written only after the event log reached its position with the same hash, and believed only if
 * the event log still does.
 */

import { bucket } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import { assert, comparePositions, samePosition } from "@exchange/streams/contract";
import { natsErrorCode } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection, ObjectInfo, ObjectResult, ObjectStore } from "nats";
import { ErrorCode, NatsError } from "nats";

import type { FrameHead } from "./frames.ts";
import type { StoredSnapshot } from "./snapshot-codec.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-codec.ts";

export type { StoredSnapshot } from "./snapshot-codec.ts";

export interface SnapshotSummary {
  readonly name: string;
  /** Command at which it was taken. */
  readonly command: number;
}

export interface SnapshotStore {
  /** Newest first. */
  list(market: MarketId, epoch: number): Promise<SnapshotSummary[]>;
  /** Names of those that do not say at which command they were taken, which `list` leaves out. */
  listUnreadable(market: MarketId, epoch: number): Promise<string[]>;
  /** Undefined when it is gone, torn or altered. Throws when the server does not answer, which says nothing of it. */
  read(summary: SnapshotSummary): Promise<StoredSnapshot | undefined>;
  /**
   * Takes the place of one that is not `kept`, or else of the oldest of those. Does nothing when one of them is as new.
   * They are newest first.
   */
  write(
    snapshot: StoredSnapshot,
    kept: readonly SnapshotSummary[],
  ): Promise<"written" | "not needed">;
  /** Of an epoch that is over. Its checkpoint, if it has one, stays. */
  removeAll(market: MarketId, epoch: number): Promise<void>;
  /** Where an epoch begins: all that the one before led to. Undefined when there is none that is whole. Throws as `read`. */
  readCheckpoint(market: MarketId, epoch: number): Promise<StoredSnapshot | undefined>;
  /** Kept for as long as the epoch is. Writing it again changes nothing. */
  writeCheckpoint(checkpoint: StoredSnapshot): Promise<void>;
  /** Of an epoch whose logs are gone. */
  removeCheckpoint(market: MarketId, epoch: number): Promise<void>;
}

const SNAPSHOTS_KEPT = 3;
const CHUNK_BYTES = 128 * 1024;
/** Between two chunks, so that the market's own writes find the disk free. */
const CHUNK_PAUSE_MS = 4;
/** The client library would wait for ever for a chunk that does not come. */
const CHUNK_TIMEOUT_MS = 3000;

/** `onChunk` is called for each part that is read or written. */
export async function openSnapshotStore(
  connection: NatsConnection,
  onChunk: () => void = () => undefined,
): Promise<SnapshotStore> {
  const store = await connection.jetstream().views.os(bucket.snapshots);
  const jsm = await connection.jetstreamManager({ checkAPI: false });
  const readSlots = async (market: MarketId, epoch: number): Promise<Slot[]> =>
    await Promise.all(slotNames(market, epoch).map(async (name) => await readSlot(store, name)));
  const readCheckpoint: SnapshotStore["readCheckpoint"] = async (market, epoch) => {
    const name = checkpointName(market, epoch);
    return await readSnapshot({ store, jsm, onChunk }, name);
  };
  return {
    async list(market, epoch) {
      const slots = await readSlots(market, epoch);
      return slots
        .flatMap(({ name, command }) => (typeof command === "number" ? [{ name, command }] : []))
        .toSorted((left, right) => right.command - left.command);
    },
    async listUnreadable(market, epoch) {
      const slots = await readSlots(market, epoch);
      return slots.flatMap(({ name, command }) =>
        command === "unreadable" || command === "damaged" ? [name] : [],
      );
    },
    async removeAll(market, epoch) {
      for (const { name, command } of await readSlots(market, epoch)) {
        if (command !== "none" && command !== "damaged") await store.delete(name);
      }
    },
    readCheckpoint,
    async writeCheckpoint(checkpoint) {
      const { market, epoch } = checkpoint.replica;
      if (Bun.deepEquals(await readCheckpoint(market, epoch), checkpoint)) return;
      const name = checkpointName(market, epoch);
      await store.put({ name }, chunksOf(encodeSnapshot(checkpoint), onChunk));
    },
    async removeCheckpoint(market, epoch) {
      const { command } = await readSlot(store, checkpointName(market, epoch));
      if (command !== "none") await store.delete(checkpointName(market, epoch));
    },
    read: async ({ name }) => await readSnapshot({ store, jsm, onChunk }, name),
    async write(snapshot, kept) {
      const { market, epoch, position } = snapshot.replica;
      if (kept.some(({ command }) => command >= position.command)) return "not needed";
      const slots = await readSlots(market, epoch);
      // The library reads what it is to replace, and fails where that is damaged.
      const free = slots.find(
        ({ name, command }) => command !== "damaged" && kept.every((one) => one.name !== name),
      );
      const name = free?.name ?? kept.at(-1)?.name;
      assert(name !== undefined, "a slot is free or holds the oldest snapshot");
      const metadata = { command: String(position.command) };
      await store.put({ name, metadata }, chunksOf(encodeSnapshot(snapshot), onChunk));
      return "written";
    },
  };
}

/**
 * Whether the frame at the anchor reaches the snapshot's position, and with the same hash as far as one
 * can see: when the frame ends later, applying the commands up to there shows it.
 */
export function isVouchedFor({ replica }: StoredSnapshot, anchor: FrameHead): boolean {
  const { market, epoch, position, hash } = replica;
  if (anchor.market !== market || anchor.epoch !== epoch) return false;
  if (comparePositions(anchor.from, position) >= 0) return false;
  if (comparePositions(anchor.to, position) < 0) return false;
  return !samePosition(anchor.to, position) || anchor.hashAtTo === hash;
}

function checkpointName(market: MarketId, epoch: number): string {
  return `${market}.${epoch}.start`;
}

function slotNames(market: MarketId, epoch: number): string[] {
  return Array.from({ length: SNAPSHOTS_KEPT }, (_, slot) => `${market}.${epoch}.${slot}`);
}

interface Slot {
  readonly name: string;
  /** `unreadable`: all but the command is there; `damaged`: nothing is. */
  readonly command: number | "none" | "unreadable" | "damaged";
}

async function readSlot(store: ObjectStore, name: string): Promise<Slot> {
  try {
    const info = await store.info(name);
    return { name, command: info === null || info.deleted ? "none" : commandOf(info) };
  } catch (error) {
    if (natsErrorCode(error) === ErrorCode.BadJson) return { name, command: "damaged" };
    throw error;
  }
}

function commandOf({ metadata }: ObjectInfo): Slot["command"] {
  const text = metadata?.["command"] ?? "";
  return /^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))
    ? Number(text)
    : "unreadable";
}

interface Reading {
  readonly store: ObjectStore;
  readonly jsm: JetStreamManager;
  readonly onChunk: () => void;
}

/**
 * Undefined when it is gone or damaged. A server that is away is another thing: an engine that took its snapshots for
 * torn then would begin at the start of its epoch.
 */
async function readSnapshot(reading: Reading, name: string): Promise<StoredSnapshot | undefined> {
  try {
    const info = await reading.store.info(name);
    if (info === null || info.deleted || !(await isWhole(reading.jsm, info))) return undefined;
    const object = await reading.store.get(name);
    return object === null ? undefined : decodeSnapshot(await readChunks(object, reading.onChunk));
  } catch (error) {
    const code = natsErrorCode(error);
    if (code !== undefined && code !== ErrorCode.BadJson) throw error;
    return undefined;
  }
}

/** A torn object has fewer chunks than it says. */
async function isWhole(jsm: JetStreamManager, { nuid, chunks }: ObjectInfo): Promise<boolean> {
  const subject = `$O.${bucket.snapshots}.C.${nuid}`;
  const filter = { subjects_filter: subject };
  const { state } = await jsm.streams.info(`OBJ_${bucket.snapshots}`, filter);
  return state.subjects?.[subject] === chunks;
}

/** The library compares the digest when the last chunk arrived. */
async function readChunks(object: ObjectResult, onChunk: () => void): Promise<Uint8Array> {
  // Reported a second time by the stream itself, which is where it is noticed.
  object.error.catch(() => undefined);
  const chunks: Uint8Array[] = [];
  const reader = object.data.getReader();
  for (;;) {
    const step = await orTooLate(reader.read());
    if (step === undefined) {
      // Otherwise its subscription would stay.
      await reader.cancel();
      throw NatsError.errorForCode(ErrorCode.Timeout);
    }
    if (step.done) return Buffer.concat(chunks);
    chunks.push(step.value);
    onChunk();
  }
}

/** Undefined when it takes too long. A timer that stayed would keep a command line's process. */
async function orTooLate<Value>(work: Promise<Value>): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), CHUNK_TIMEOUT_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The library copies all it has for each chunk it cuts off, so it gets them ready cut. */
function chunksOf(bytes: Uint8Array, onChunk: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= bytes.length) return controller.close();
      await Bun.sleep(CHUNK_PAUSE_MS);
      controller.enqueue(bytes.subarray(at, at + CHUNK_BYTES));
      at += CHUNK_BYTES;
      onChunk();
    },
  });
}
