/**
 * Notes that MySQL could not take: a file each, on the disk before the command goes on, until the trail has them. So a
 * market can be halted while MySQL is away, and the trail says so afterwards.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

import type { Home } from "../setup/home.ts";
import { Note } from "./entry.ts";

const FOLDER = "operator-trail";
const SUFFIX = ".json";
/** Digits of a time, so that names are in the order of the times also where a clock began in 1970. */
const TIME_DIGITS = 13;

/** Says where it is. */
export function keepNote({ data }: Home, note: Note): string {
  const folder = join(data, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { hostTimeMs, actionId, phase } = note;
  const time = String(hostTimeMs).padStart(TIME_DIGITS, "0");
  const path = join(folder, `${time}-${actionId}-${phase}${SUFFIX}`);
  writeDurably(`${path}.unfinished`, JSON.stringify(note));
  renameSync(`${path}.unfinished`, path);
  syncFolder(folder);
  return path;
}

export interface KeptNote {
  readonly note: Note;
  /** Once the trail has it. */
  readonly drop: () => void;
}

/** The oldest first, and an intent before its outcome. */
export function* keptNotes({ data }: Home): Generator<KeptNote> {
  const folder = join(data, FOLDER);
  if (!existsSync(folder)) return;
  const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  for (const name of names.toSorted()) {
    const path = join(folder, name);
    const text = readIfThere(path);
    if (text === undefined) continue;
    yield { note: Note.parse(JSON.parse(text)), drop: () => removeIfThere(path) };
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Another command may have handed it over meanwhile. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
