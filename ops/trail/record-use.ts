/**
 * Every command that changes something is noted twice: before it begins, so that one that died in between is seen, and
 * with how it ended. Where MySQL does not take a note, a file does, and the next command hands it over.
 */

import { existsSync } from "node:fs";

import { UsageError } from "../cli/options.ts";
import { explain, Failure } from "../setup/failure.ts";
import type { Home } from "../setup/home.ts";
import { defaultHome } from "../setup/home.ts";
import { readRunning } from "../setup/running.ts";
import { appendNote } from "./append-note.ts";
import type { Use } from "./describe-use.ts";
import { describeUse } from "./describe-use.ts";
import type { Note } from "./entry.ts";
import { outcomeOf } from "./entry.ts";
import { keepNote, keptNotes } from "./kept-notes.ts";
import { openTrail } from "./trail-table.ts";

/** Throws as `run` does. Runs nothing when the intent can be written nowhere. */
export async function recordUse(use: Use, run: () => Promise<number>): Promise<number> {
  const home = defaultHome();
  // Where no exchange ever was there is nothing to change, and nowhere to say so.
  if (!existsSync(home.secrets)) return await run();
  const intent = describeUse(use);
  await writeNote(home, intent);
  const end = async (exitCode: number, detail: string): Promise<void> => {
    await writeNote(home, outcomeOf(intent, { hostTimeMs: Date.now(), exitCode, detail }));
  };
  let exitCode: number;
  try {
    exitCode = await run();
  } catch (error) {
    await end(error instanceof UsageError ? 2 : 1, firstLine(error));
    throw error;
  }
  await end(exitCode, "");
  return exitCode;
}

/** Hands over what files have. Throws when MySQL does not take it. */
export async function handOver(mysqlUrl: string, home: Home, more: readonly Note[]): Promise<void> {
  const db = await openTrail(mysqlUrl);
  try {
    for (const { note, drop } of keptNotes(home)) {
      await appendNote(db, note);
      drop();
    }
    for (const note of more) await appendNote(db, note);
  } finally {
    db.destroy();
  }
}

async function writeNote(home: Home, note: Note): Promise<void> {
  try {
    await handOver(readRunning().mysqlUrl, home, [note]);
  } catch (error) {
    const path = keepNote(home, note);
    if (error instanceof Failure) return;
    console.error(
      `MySQL does not take the ${note.phase} of this command (${firstLine(error)}): it is in ${path}, and joins the trail with a later one.`,
    );
  }
}

function firstLine(error: unknown): string {
  if (error instanceof Error && !(error instanceof Failure))
    return `${error.name}: ${error.message}`;
  const [line = ""] = explain(error).split("\n");
  return line;
}
