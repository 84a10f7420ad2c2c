/** One public view of one market, kept current by its messages. What is known stays while it is being read again. */

import type { Position } from "@exchange/streams/contract";
import { comparePositions } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import type { Link } from "../feed/follow-chain.ts";
import { followChain } from "../feed/follow-chain.ts";
import { listenTo } from "../feed/listen.ts";
import type { Replica } from "../feed/public-messages.ts";
import type { Workers } from "../feed/workers.ts";

export interface FollowedView<Contents extends object> {
  /** Of what is known; undefined before it was read. */
  readonly at: Position | undefined;
  /** When the exchange was asked last that had nothing newer. */
  readonly currentMs: number;
  readonly contents: () => Contents;
  /** The exchange, asked at that time, had nothing of this view after the position. */
  confirm(newest: Position, askedMs: number): void;
  stop(): void;
}

export interface FollowOptions<
  Message extends Link,
  Update extends object,
  Contents extends object,
> {
  readonly connection: NatsConnection;
  readonly replica: Replica<Message, Update, Contents>;
  /** Take turns in reading. */
  readonly workers: Workers;
}

export function followView<Message extends Link, Update extends object, Contents extends object>({
  connection,
  replica,
  workers,
}: FollowOptions<Message, Update, Contents>): FollowedView<Contents> {
  let at: Position | undefined;
  let currentMs = 0;
  /** Made once a position: an edge that is cut off stays at one, however many ask. */
  let made: { readonly at: Position | undefined; readonly contents: Contents } | undefined;
  /** What the exchange answered while its messages were still on their way. */
  let answered: { readonly newest: Position; readonly askedMs: number } | undefined;

  /** While something is missing the chain has no position: it is read again, and until then not confirmed. */
  function settle(): void {
    if (answered === undefined || chain.at === undefined) return;
    if (comparePositions(chain.at, answered.newest) < 0) return;
    currentMs = Math.max(currentMs, answered.askedMs);
    answered = undefined;
  }

  const chain = followChain<Message>({
    connection,
    listen: listenTo(connection, replica.subject, replica.decode),
    load: async () =>
      await workers.run(async () => {
        const loadingMs = performance.now();
        // At once, since what it shows is of there now, also where messages that came since do not follow on it.
        at = await replica.load();
        currentMs = loadingMs;
        return at;
      }),
    onLoaded: settle,
    onMessage(message, after) {
      replica.apply(message, after);
      at = message.to;
      settle();
    },
    onGap: () => undefined,
  });
  return {
    get at() {
      return at;
    },
    get currentMs() {
      return currentMs;
    },
    contents() {
      if (made === undefined || made.at !== at) made = { at, contents: replica.contents() };
      return made.contents;
    },
    confirm(newest, askedMs) {
      answered = { newest, askedMs };
      settle();
    },
    stop: () => chain.stop(),
  };
}
