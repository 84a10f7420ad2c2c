/** A record of the command log as the engine takes it: the commands, and their text for the running hash. */

import { parseRecord } from "@exchange/streams";
import type { CommandRecord } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";

/** A record of the command log, with what the log adds to it. */
export interface LoggedRecord {
  readonly sequence: number;
  /** When the server stored it, ms. It may step back; engine time does not. */
  readonly timeMs: number;
  readonly record: CommandRecord;
  /** The commands as they stand in the log. When absent, `JSON.stringify` of each is meant: it is the same. */
  readonly texts?: readonly string[] | undefined;
}

const decoder = new TextDecoder();

/** Throws on another version. */
export function readLogged({ sequence, timeMs, data }: LogMessage): LoggedRecord {
  const text = decoder.decode(data);
  const record = parseRecord(text);
  return { sequence, timeMs, record, texts: cutTexts(text, record) };
}

const COMMANDS_START = '"commands":[{"kind":"';
const OPENING = '{"kind":"';
/** A quote within a string is escaped, so this stands between two commands only. */
const BETWEEN = `},${OPENING}`;
const COMMANDS_END = "]}";
const TRACES_START = '],"traces":{';

/** Undefined for a record that our encoder did not lay out. Writing every command anew costs more than parsing. */
function cutTexts(text: string, { commands, traces }: CommandRecord): string[] | undefined {
  const found = text.indexOf(COMMANDS_START);
  const end =
    traces === undefined ? text.length - COMMANDS_END.length : text.lastIndexOf(TRACES_START);
  if (found === -1 || end === -1) return undefined;
  const texts: string[] = [];
  let start = found + COMMANDS_START.length - OPENING.length;
  for (;;) {
    const next = text.indexOf(BETWEEN, start);
    if (next === -1 || next > end) break;
    texts.push(text.slice(start, next + 1));
    start = next + 2;
  }
  texts.push(text.slice(start, end));
  return texts.length === commands.length ? texts : undefined;
}
