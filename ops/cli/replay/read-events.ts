/** A recorded order flow: `id,timestamp,exchange.timestamp,price,volume,action,direction`. */

import { Failure } from "../../setup/failure.ts";

export interface RecordedEvent {
  /** The venue's order id. */
  readonly id: string;
  readonly action: "created" | "changed" | "deleted";
  readonly side: "buy" | "sell";
  /** Decimal text. */
  readonly price: string;
  /** Whole number of lots that are left after the event, as text. */
  readonly lots: string;
}

const HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction";
const LINE =
  /^(?<id>\d+),\d+,\d+,(?<price>\d+(?:\.\d+)?),(?<lots>\d+),(?<action>created|changed|deleted),(?<direction>bid|ask)$/;

/** Reads `orders.csv`, plain or compressed as `.gz` or `.xz`. `limit` counts events. */
export async function readEvents(path: string, limit = Infinity): Promise<RecordedEvent[]> {
  const file = Bun.file(path);
  if (!(await file.exists())) throw new Failure(`There is no file ${path}.`);
  return parseEvents(await readText(path), limit);
}

export function parseEvents(text: string, limit = Infinity): RecordedEvent[] {
  const lines = text.split(/\r?\n/);
  if (lines[0] !== HEADER) throw new Failure(`The first line is not ${HEADER}`);
  const events: RecordedEvent[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === "") continue;
    if (events.length >= limit) break;
    events.push(parseLine(line, index + 1));
  }
  return events;
}

function parseLine(line: string, number: number): RecordedEvent {
  const { id, price, lots, action, direction } = LINE.exec(line)?.groups ?? {};
  if (id === undefined || price === undefined || lots === undefined) {
    throw new Failure(`Line ${number} is not an event: ${line.slice(0, 80)}`);
  }
  return {
    id,
    price,
    lots,
    action: action === "created" || action === "changed" ? action : "deleted",
    side: direction === "bid" ? "buy" : "sell",
  };
}

async function readText(path: string): Promise<string> {
  if (path.endsWith(".xz")) return await readXz(path);
  const bytes = await Bun.file(path).bytes();
  return new TextDecoder().decode(path.endsWith(".gz") ? Bun.gunzipSync(bytes) : bytes);
}

async function readXz(path: string): Promise<string> {
  const program = Bun.which("xz");
  if (program === null) {
    throw new Failure(`${path} needs the program xz: install it, or unpack the file elsewhere.`);
  }
  const child = Bun.spawn([program, "--decompress", "--stdout", path], { stderr: "pipe" });
  const [text, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) !== 0) throw new Failure(`xz: ${errors.trim()}`);
  return text;
}
