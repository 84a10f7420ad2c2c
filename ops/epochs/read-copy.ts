/** Reading an epoch's copy back from the disk: whatever is not as its manifest says is refused by name. */

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";

import type { StoredSnapshot } from "@exchange/engine/replay";
import { decodeSnapshot } from "@exchange/engine/replay";
import type { MarketId } from "@exchange/streams/contract";

import { Failure } from "../setup/failure.ts";
import type { CopiedFile, LogKind } from "./manifest.ts";
import { copyFolder, Manifest, MANIFEST_FILE } from "./manifest.ts";
import type { StoredMessage } from "./stored-message.ts";
import { decodeLine } from "./stored-message.ts";

/** A frame's line comes in few pieces. */
const CHUNK_BYTES = 1024 * 1024;

export interface EpochCopy {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Of the manifest's own file, hex: it stands for all of the copy. */
  readonly sha256: string;
  /** What the epoch began with. Undefined for the first one. */
  readonly begin: StoredSnapshot | undefined;
  /** What it led to. */
  readonly end: StoredSnapshot;
}

/** All but its logs, which may be larger than memory. Throws a `Failure` that says what is wrong with it. */
export async function openCopy(
  copies: string,
  { market, epoch }: { readonly market: MarketId; readonly epoch: number },
): Promise<EpochCopy> {
  const folder = copyFolder(copies, market, epoch);
  const path = join(folder, MANIFEST_FILE);
  const bytes = await readFile(path).catch(() => {
    throw new Failure(`${path} is not there: the export did not come to its end, or is elsewhere.`);
  });
  const parsed = Manifest.safeParse(parseJson(bytes.toString()));
  if (!parsed.success) throw new Failure(`${path} is no manifest of a copy.`);
  const manifest = parsed.data;
  if (manifest.market !== market || manifest.epoch !== epoch) {
    throw new Failure(`${path} is of epoch ${manifest.epoch} of ${manifest.market}.`);
  }
  const { begin, end } = manifest;
  if ((begin === undefined) !== (epoch === 1)) {
    throw new Failure(`${path} does not say what epoch ${epoch} began with.`);
  }
  return {
    folder,
    manifest,
    sha256: sha256Of(bytes),
    begin: begin === undefined ? undefined : await readCheckpointFile(folder, begin),
    end: await readCheckpointFile(folder, end),
  };
}

/** Before anything of them is believed: each log's file is the one that was written. */
export async function assertFilesWhole({ folder, manifest }: EpochCopy): Promise<void> {
  for (const { file, sha256 } of [manifest.commands, manifest.events]) {
    const path = join(folder, file);
    const hasher = new Bun.CryptoHasher("sha256");
    try {
      for await (const chunk of createReadStream(path)) hasher.update(chunk);
    } catch (cause) {
      throw new Failure(`${path} is missing, or cannot be read.`, { cause });
    }
    if (hasher.digest("hex") !== sha256) throw altered(path);
  }
}

/**
 * Every message of one of its logs in order. Throws a `Failure` at the first line that is torn or out of place, and at
 * the end when the file is not the one that was written.
 */
export async function* readCopiedLog(
  { folder, manifest }: EpochCopy,
  kind: LogKind,
): AsyncGenerator<StoredMessage> {
  const { file, sha256, records, first, last } = manifest[kind];
  const path = join(folder, file);
  const hasher = new Bun.CryptoHasher("sha256");
  let count = 0;
  for await (const line of readLines(path, hasher)) {
    const message = parseLine(line, `${path}, line ${count + 1}`);
    if (message.sequence !== first + count) {
      throw new Failure(
        `${path}, line ${count + 1}: message ${message.sequence} stands where ${first + count} belongs.`,
      );
    }
    count += 1;
    yield message;
  }
  if (count !== records || last !== first + count - 1) {
    throw new Failure(`${path} has ${count} messages, and ${records} were written.`);
  }
  if (hasher.digest("hex") !== sha256) throw altered(path);
}

async function readCheckpointFile(folder: string, copied: CopiedFile): Promise<StoredSnapshot> {
  const path = join(folder, copied.file);
  const bytes = await readFile(path).catch(() => {
    throw new Failure(`${path} is missing.`);
  });
  if (sha256Of(bytes) !== copied.sha256) throw altered(path);
  return decodeSnapshot(bytes);
}

async function* readLines(path: string, hasher: Bun.CryptoHasher): AsyncGenerator<string> {
  const file = createReadStream(path);
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  file.on("data", (chunk) => hasher.update(chunk));
  file.on("error", (error) => gunzip.destroy(error));
  let rest = "";
  try {
    for await (const chunk of file.pipe(gunzip).setEncoding("utf8")) {
      const lines = `${rest}${String(chunk)}`.split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (cause) {
    throw new Failure(`${path} is missing, torn or altered: ${messageOf(cause)}.`, { cause });
  } finally {
    file.destroy();
    gunzip.destroy();
  }
  if (rest !== "") throw new Failure(`${path} is torn: its last line has no end.`);
}

function parseLine(line: string, where: string): StoredMessage {
  try {
    return decodeLine(line);
  } catch (cause) {
    throw new Failure(`${where} is no message of a log.`, { cause });
  }
}

function altered(path: string): Failure {
  return new Failure(`${path} was torn or altered: its SHA-256 is not the manifest's.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sha256Of(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
