/** A market with real streams whose events a test makes up, and the services' view of it in real Redis. */

import { openRedis } from "@exchange/store";
import { encodeJson, subject } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { createMarket } from "@exchange/streams/contract";
import type { ScratchMarket } from "@exchange/streams/testing";
import { openScratchMarket, readTestRedisUrl } from "@exchange/streams/testing";
import type { Redis } from "ioredis";

import { viewKeys } from "../view-keys.ts";
import type { ScriptedMarket, ScriptStep } from "./scripted-market.ts";
import { createScriptedMarket } from "./scripted-market.ts";

export interface LiveMarket {
  readonly scratch: ScratchMarket;
  readonly market: Market;
  readonly script: ScriptedMarket;
  readonly redis: Redis;
  /** Plays steps and stores their events, a few steps a frame. Returns the log's last sequence. */
  play(steps: readonly ScriptStep[]): Promise<number>;
  /** Stores any frame. */
  store(frame: object): Promise<number>;
  remove(): Promise<void>;
}

const STEPS_PER_FRAME = 3;

export async function openLiveMarket(): Promise<LiveMarket> {
  const scratch = await openScratchMarket();
  const redis = await openRedis(readTestRedisUrl());
  const market = createMarket(scratch.definition);
  const script = createScriptedMarket(market.market, Date.now());
  const js = scratch.connection.jetstream();
  let sequence = 0;

  async function store(frame: object): Promise<number> {
    const ack = await js.publish(subject.events(market.market, market.epoch), encodeJson(frame));
    sequence = ack.seq;
    return sequence;
  }

  return {
    scratch,
    market,
    script,
    redis,
    store,
    async play(steps) {
      for (const [index, step] of steps.entries()) {
        script.step(step);
        if ((index + 1) % STEPS_PER_FRAME !== 0 && index + 1 < steps.length) continue;
        const frame = script.cutFrame();
        if (frame !== undefined) await store(frame);
      }
      return sequence;
    },
    async remove() {
      await redis.del(...viewKeys(market.market));
      redis.disconnect();
      await scratch.remove();
    },
  };
}
