/**
 * Writing views to Redis, at the position they follow and at no other. The script compares and writes in
 * one step, so a process that was superseded while it slept is refused.
 */

import type { MarketId } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";
import type { Redis } from "ioredis";

import type { ViewPosition } from "./market-view.ts";
import { viewKey, viewKeys, viewNames } from "./view-keys.ts";
import type { WriteCommand } from "./write-commands.ts";

/** What Redis says the position is; both are "" when it has none. */
export interface StoredPosition {
  readonly sequence: string;
  /** `<command>-<index>`. */
  readonly to: string;
}

export const NOTHING_STORED: StoredPosition = { sequence: "", to: "" };

export type WriteOutcome =
  | { readonly kind: "written" }
  /** Nothing was written, since the views are somewhere else. */
  | { readonly kind: "refused"; readonly stored: StoredPosition };

/** The position's command comes last in a write, so that an aborted one still counts as not done. */
const WRITE_SCRIPT = `
local stored = redis.call('HMGET', KEYS[1], 'sequence', 'to')
local sequence, to = stored[1] or '', stored[2] or ''
if sequence ~= ARGV[1] or to ~= ARGV[2] then return {sequence, to} end
for _, command in ipairs(cjson.decode(ARGV[3])) do
  command[2] = KEYS[command[2]]
  redis.call(unpack(command))
end
return {}`;

/** Throws when Redis is away: the write then happened or not, and doing it again tells. */
export async function writeViews(
  redis: Redis,
  market: MarketId,
  write: { readonly expected: StoredPosition; readonly commands: readonly WriteCommand[] },
): Promise<WriteOutcome> {
  const { expected, commands } = write;
  const keys = viewKeys(market);
  const numbered = commands.map(([name, view, ...values]) => [
    name,
    viewNames.indexOf(view) + 1,
    ...values,
  ]);
  const reply: unknown = await redis.eval(
    WRITE_SCRIPT,
    keys.length,
    ...keys,
    expected.sequence,
    expected.to,
    JSON.stringify(numbered),
  );
  if (!Array.isArray(reply)) throw new Error(`Redis answered a write with ${String(reply)}`);
  if (reply.length === 0) return { kind: "written" };
  return { kind: "refused", stored: { sequence: String(reply[0]), to: String(reply[1]) } };
}

export async function readStoredPosition(redis: Redis, market: MarketId): Promise<StoredPosition> {
  const [sequence, to] = await redis.hmget(viewKey(market, "position"), "sequence", "to");
  return { sequence: sequence ?? "", to: to ?? "" };
}

export function storedForm({ sequence, to }: ViewPosition): StoredPosition {
  return { sequence: String(sequence), to: formatPosition(to) };
}

export function sameStored(left: StoredPosition, right: StoredPosition): boolean {
  return left.sequence === right.sequence && left.to === right.to;
}
