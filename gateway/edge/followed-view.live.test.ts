/** What is known of a view while it is followed and read again: what it shows and where belong together. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { decodeJson, encodeJson } from "@exchange/streams";
import type { Position } from "@exchange/streams/contract";
import { connectNats } from "@exchange/streams/runtime";
import { readTestServer, until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";

import type { Link } from "../feed/follow-chain.ts";
import { createWorkers } from "../feed/workers.ts";
import { type FollowedView, followView } from "./followed-view.ts";

let connection: NatsConnection;

beforeAll(async () => {
  connection = await connectNats({ ...readTestServer(), name: "view-test" });
});
afterAll(async () => {
  await connection.close();
});

interface Counted {
  readonly command: number;
}

interface Followed {
  readonly view: FollowedView<Counted>;
  /** Times its contents were made. */
  readonly made: number;
  readonly write: (from: number, to: number) => void;
}

const position = (command: number): Position => ({ command, index: 0 });

/** A view whose contents are the command that it is at. `loads`: what it is read as in turn; then it cannot be read. */
function follow(...loads: number[]): Followed {
  const subject = `view-test.${crypto.randomUUID()}`;
  let command = 0;
  let made = 0;
  const view = followView<Link, object, Counted>({
    connection,
    workers: createWorkers(1),
    replica: {
      subject,
      decode: decodeJson<Link>,
      async load() {
        await connection.flush();
        const next = loads.shift();
        if (next === undefined) throw new Error("it cannot be read now");
        command = next;
        return position(next);
      },
      apply({ to }) {
        ({ command } = to);
        return undefined;
      },
      contents() {
        made += 1;
        return { command };
      },
      merge: () => ({}),
    },
  });
  return {
    view,
    get made() {
      return made;
    },
    write: (from, to) =>
      connection.publish(subject, encodeJson({ from: position(from), to: position(to) })),
  };
}

test("contents are made once for all who ask at a position, and anew at the next one", async () => {
  const followed = follow(1);
  const { view, write } = followed;
  await until(() => view.at?.command === 1);
  const shown = () => [view.contents().command, view.contents().command, followed.made];
  expect(shown()).toEqual([1, 1, 1]);
  write(1, 2);
  await until(() => view.at?.command === 2);
  expect(shown()).toEqual([2, 2, 2]);
  view.stop();
});

test("what was read and is not all yet has its own position, not that of what was before", async () => {
  const { view, write } = follow(1, 5);
  await until(() => view.at?.command === 1);
  const beforeMs = performance.now();
  write(7, 8);
  await until(() => view.contents().command === 5);
  expect(view.at).toEqual(position(5));
  expect(view.currentMs).toBeGreaterThan(beforeMs);
  view.stop();
});
