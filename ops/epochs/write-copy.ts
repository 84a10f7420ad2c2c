/**
 * Files of a copy, each whole or not there: written under another name, flushed to the disk, then renamed. What was
 * written is what is counted and hashed, so the manifest says what the disk was given.
 */

import type { FileHandle } from "node:fs/promises";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";

import type { CopiedFile, CopiedLog } from "./manifest.ts";
import type { StoredMessage } from "./stored-message.ts";
import { encodeLine } from "./stored-message.ts";

/** Lines are gathered up to this many characters before they are compressed. */
const TEXT_MIN = 256 * 1024;

/** The folder, as an absolute path, and nothing of a copy that was begun before: without its manifest there is none. */
export async function clearFolder(folder: string, manifest: string): Promise<void> {
  const topmostMade = await mkdir(folder, { recursive: true });
  await rm(join(folder, manifest), { force: true });
  await flushFolder(folder);
  if (topmostMade === undefined) return;
  // Those above it that are new as well, and what the topmost of them stands in.
  const last = dirname(topmostMade);
  for (let above = folder; above !== last;) {
    above = dirname(above);
    await flushFolder(above);
  }
}

export async function writeLog(
  folder: string,
  file: string,
  messages: AsyncIterable<StoredMessage>,
): Promise<CopiedLog> {
  const seen = { records: 0, first: 0, last: 0 };
  async function* lines(): AsyncGenerator<string> {
    let text = "";
    for await (const message of messages) {
      text += `${encodeLine(message)}\n`;
      seen.records += 1;
      seen.first ||= message.sequence;
      seen.last = message.sequence;
      if (text.length < TEXT_MIN) continue;
      yield text;
      text = "";
    }
    if (text !== "") yield text;
  }
  const gzip = createGzip();
  const source = Readable.from(lines());
  source.on("error", (error) => gzip.destroy(error));
  const written = await writeWhole(folder, file, source.pipe(gzip));
  return { ...written, ...seen };
}

export async function writeWhole(
  folder: string,
  file: string,
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<CopiedFile> {
  const path = join(folder, file);
  const unfinished = `${path}.unfinished`;
  const hasher = new Bun.CryptoHasher("sha256");
  let bytes = 0;
  const handle = await open(unfinished, "w", 0o600);
  try {
    for await (const part of parts) {
      hasher.update(part);
      bytes += part.length;
      await writeAll(handle, part);
    }
    await handle.sync();
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(unfinished, path);
  await flushFolder(folder);
  return { file, bytes, sha256: hasher.digest("hex") };
}

/** A write may take less than it was given. */
async function writeAll(handle: FileHandle, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length;) at += (await handle.write(part.subarray(at))).bytesWritten;
}

/** Otherwise a power cut may take a file's name back. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
