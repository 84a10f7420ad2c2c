/** What is left of uploads that were killed: chunks that no object names, which nobody else would ever remove. */

import { bucket, decodeJson } from "@exchange/streams";
import { assert } from "@exchange/streams/contract";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";
import type { JetStreamManager, StoredMsg } from "nats";

const STREAM = `OBJ_${bucket.snapshots}`;
const CHUNKS = `$O.${bucket.snapshots}.C.`;
const OBJECTS = `$O.${bucket.snapshots}.M.`;
/** An upload that goes on writes a chunk far more often. */
const AGE_MIN_MS = 10 * 60_000;

/**
 * Removes those of all markets to which nothing was added for so long. An upload that slept for so long and goes on
 * writes an object that is torn.
 */
export async function purgeOrphanChunks(
  jsm: JetStreamManager,
  ageMinMs: number = AGE_MIN_MS,
): Promise<void> {
  // By the clock that the chunks have their times from.
  const { ts } = await jsm.streams.info(STREAM);
  assert(ts !== undefined, "the server says what time it is");
  const addedBeforeMs = Date.parse(ts) - ageMinMs;
  const chunks = await subjectsBelow(jsm, CHUNKS);
  // Read after the chunks: an upload that ended meanwhile is named.
  const named = new Set<string>();
  for (const subject of await subjectsBelow(jsm, OBJECTS)) {
    const nuid = nuidIn(await lastOf(jsm, subject));
    if (nuid !== undefined) named.add(CHUNKS + nuid);
  }
  for (const subject of chunks) {
    if (named.has(subject)) continue;
    const last = await lastOf(jsm, subject);
    if (last === undefined || last.time.getTime() > addedBeforeMs) continue;
    await jsm.streams.purge(STREAM, { filter: subject });
  }
}

async function subjectsBelow(jsm: JetStreamManager, prefix: string): Promise<string[]> {
  const { state } = await jsm.streams.info(STREAM, { subjects_filter: `${prefix}>` });
  return Object.keys(state.subjects ?? {});
}

/** Undefined when it was removed meanwhile. */
async function lastOf(jsm: JetStreamManager, subject: string): Promise<StoredMsg | undefined> {
  try {
    return await jsm.streams.getMessage(STREAM, { last_by_subj: subject });
  } catch (error) {
    if (natsErrorCode(error) === jetStreamCode.noMessage) return undefined;
    throw error;
  }
}

/** Undefined for an object that is deleted, or that nobody can read. */
function nuidIn(message: StoredMsg | undefined): string | undefined {
  if (message === undefined) return undefined;
  try {
    const object: { nuid?: string; deleted?: boolean } = decodeJson(message.data);
    return object.deleted === true ? undefined : object.nuid;
  } catch {
    return undefined;
  }
}
