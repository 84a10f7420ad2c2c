/** The messages of one public channel: each is made once, and what was missed is made up for by one. */

import type { Market, Position } from "@exchange/streams/contract";
import { comparePositions, formatPosition } from "@exchange/streams/contract";

import { messageHead } from "./channel.ts";
import type { Link } from "./follow-chain.ts";
import { createHistory } from "./history.ts";

/** The view behind a channel, in decimals. */
export interface Replica<
  Message extends Link,
  Update extends object,
  Contents extends object = object,
> {
  readonly subject: string;
  readonly decode: (bytes: Uint8Array) => Message;
  /** Reads the view and returns its position. Throws while it cannot be read. */
  load(): Promise<Position>;
  /** Steps the view, which is at `after`; returns what listeners have to know, or undefined if nothing. */
  apply(message: Message, after: Position): Update | undefined;
  /** All of the view. */
  contents(): Contents;
  /** One update in place of several, of which the last is the newest there is. */
  merge(updates: readonly Update[]): object;
}

export interface PublicMessages<Message extends Link> {
  /** Where the last update ended; undefined before the view was read. */
  readonly sentTo: Position | undefined;
  /** The view was read: what was before it is not known any more. */
  restart(at: Position): void;
  /** Undefined when listeners need not know of the message. */
  update(message: Message, after: Position): string | undefined;
  snapshot(at: Position): string;
  resnapshot(at: Position): string;
  /** For a listener who has everything up to `since`; undefined when nothing is missing. */
  missed(since: Position, at: Position): string | undefined;
}

/** `name` names the channel in messages: `channel`, and `interval` for candles. */
export function createPublicMessages<Message extends Link, Update extends object>(
  market: Market,
  name: object,
  replica: Replica<Message, Update>,
): PublicMessages<Message> {
  const history = createHistory<Update>();
  let sentTo: Position | undefined;
  let snapshot: { readonly at: Position; readonly text: string } | undefined;

  function format(type: string, at: Position, rest: object): string {
    return JSON.stringify({ type, ...messageHead(market, name, at), ...rest });
  }

  const resnapshot = (at: Position): string => format("resnapshot", at, replica.contents());

  return {
    get sentTo() {
      return sentTo;
    },
    restart(at) {
      sentTo = at;
      snapshot = undefined;
      history.restart(at);
    },
    update(message, after) {
      const body = replica.apply(message, after);
      if (body === undefined) return undefined;
      const { from, to } = message;
      const text = format("update", to, { prevSeq: formatPosition(sentTo ?? from), ...body });
      history.add({ from: after, to, body, bytes: text.length });
      sentTo = to;
      return text;
    },
    snapshot(at) {
      if (snapshot?.at !== at) snapshot = { at, text: format("snapshot", at, replica.contents()) };
      return snapshot.text;
    },
    resnapshot,
    missed(since, at) {
      const updates = history.after(since);
      const [first] = updates ?? [];
      // Whoever has a part of an update was told of it in another way, and gets everything anew.
      const isExact = first === undefined || comparePositions(first.from, since) >= 0;
      if (updates === undefined || !isExact) return resnapshot(at);
      const last = updates.at(-1);
      if (last === undefined) return undefined;
      const merged = replica.merge(updates.map(({ body }) => body));
      return format("update", last.to, { prevSeq: formatPosition(since), ...merged });
    },
  };
}
