/** One public view of one market, kept current by its messages. What is known stays while it is being read again. */

import type { Position } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import type { Link } from "../feed/follow-chain.ts";
import { followChain } from "../feed/follow-chain.ts";
import { listenTo } from "../feed/listen.ts";
import type { Replica } from "../feed/public-messages.ts";
import type { Workers } from "../feed/workers.ts";

export interface FollowedView<Contents extends object> {
  /** Of what is known; undefined before it was read. */
  readonly at: Position | undefined;
  /** When that was certainly the newest there was. */
  readonly currentMs: number;
  readonly contents: () => Contents;
  /** Whatever came before that time is here. */
  confirm(nowMs: number): void;
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
  let askedMs = 0;
  let currentMs = 0;
  const chain = followChain<Message>({
    connection,
    listen: listenTo(connection, replica.subject, replica.decode),
    load: async () =>
      await workers.run(async () => {
        askedMs = performance.now();
        return await replica.load();
      }),
    onLoaded() {
      ({ at } = chain);
      currentMs = askedMs;
    },
    onMessage(message, after) {
      replica.apply(message, after);
      at = message.to;
    },
    // It is read again, and until then not confirmed.
    onGap: () => undefined,
  });
  return {
    get at() {
      return at;
    },
    get currentMs() {
      return currentMs;
    },
    contents: () => replica.contents(),
    confirm(nowMs) {
      if (chain.at !== undefined) currentMs = nowMs;
    },
    stop: () => chain.stop(),
  };
}
