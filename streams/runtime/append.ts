/**
 * The only way to write a command. What waits while a record is in flight becomes the next record, so
 * one fsync carries many commands. Outcomes are the server's word: an unknown one is asked again under
 * the same key, byte for byte, until the server has answered.
 */

import { randomBytes } from "node:crypto";

import type { JetStreamClient, JetStreamManager, NatsConnection } from "nats";
import { headers as createHeaders } from "nats";

import { encodeRecord } from "../codec.ts";
import type { Command, CommandPosition, MarketId } from "../contract/index.ts";
import { assert, commandPosition, positionsOf } from "../contract/index.ts";
import { stream, subject } from "../subjects.ts";
import { jetStreamCode, natsErrorCode } from "./error-code.ts";
import { inTraces } from "./trace-scope.ts";

/** Commands in one record; a command takes two positions at most, and a record has 1,024. */
const GROUP_COMMANDS_MAX = 256;
const PUBLISH_TIMEOUT_MS = 2000;
const RETRY_DELAY_MS = { first: 5, last: 250 } as const;

export type Appended =
  | { readonly kind: "stored"; readonly position: CommandPosition }
  /** The log has no room. Nothing was stored. */
  | { readonly kind: "full" };

/** Nothing was appended, and nothing is wrong: the writer had been closed before. */
export class AppenderClosed extends Error {}

/** The log is sealed. Nothing was stored, and nothing will be: the next epoch's log may have it. */
export interface LogOver {
  readonly kind: "over";
}

export interface Appender {
  /**
   * Resolves when the outcome is known, however long that takes. Rejects only when the writer halted, or with
   * `AppenderClosed` after it was closed.
   */
  append(command: Command, traceparent?: string): Promise<Appended>;
  /** Commands that wait or are in flight. */
  readonly depth: number;
  /** Resolves when nothing is in flight any more. Appends after it are refused. */
  close(): Promise<void>;
}

/** A writer of one epoch's log. */
export interface EpochAppender extends Omit<Appender, "append"> {
  append(command: Command, traceparent?: string): Promise<Appended | LogOver>;
}

export interface AppenderOptions {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly market: MarketId;
  readonly epoch: number;
  /** Called after each attempt that did not store; for metrics and logs. */
  readonly onRetry?: (reason: string) => void;
}

interface Waiting {
  readonly command: Command;
  readonly traceparent: string | undefined;
  readonly resolve: (appended: Appended | LogOver) => void;
  readonly reject: (error: Error) => void;
}

export function createAppender(options: AppenderOptions): EpochAppender {
  const js = options.connection.jetstream({ timeout: PUBLISH_TIMEOUT_MS });
  const writer = mintWriterId();
  let waiting: Waiting[] = [];
  let written = 0;
  let inFlight = 0;
  let running: Promise<void> | undefined;
  let halted: Error | undefined;

  async function run(): Promise<void> {
    try {
      // What this turn of the event loop brings goes into the first record together.
      await Promise.resolve();
      while (waiting.length > 0) {
        const group = waiting.slice(0, GROUP_COMMANDS_MAX);
        waiting = waiting.slice(GROUP_COMMANDS_MAX);
        inFlight = group.length;
        written += 1;
        // One record at a time is the point: the next one gathers meanwhile.
        const key = `${writer}.${written}`;
        await inTraces(tracesIn(group), () => writeGroup({ ...options, js }, key, group));
        inFlight = 0;
      }
    } catch (cause) {
      halt(new Error(`writer ${writer} halted`, { cause }));
    } finally {
      // In the same turn as the last look at what waits, or a command that comes between is forgotten.
      running = undefined;
    }
  }

  function halt(error: Error): void {
    halted ??= error;
    for (const one of waiting) one.reject(error);
    waiting = [];
  }

  return {
    append(command, traceparent) {
      if (halted !== undefined) return Promise.reject(halted);
      return new Promise((resolve, reject) => {
        waiting.push({ command, traceparent, resolve, reject });
        running ??= run();
      });
    },
    get depth() {
      return waiting.length + inFlight;
    },
    async close() {
      const closing = new AppenderClosed("the appender is closed");
      halted ??= closing;
      await running;
      halt(closing);
    },
  };
}

/** 128 random bits: a writer id that was ever used twice would make "exists" somebody else's record. */
function mintWriterId(): string {
  return randomBytes(16).toString("hex");
}

interface WriteDeps extends AppenderOptions {
  readonly js: JetStreamClient;
}

async function writeGroup(deps: WriteDeps, key: string, group: readonly Waiting[]): Promise<void> {
  const commands = group.map((one) => one.command);
  const bytes = encodeRecord({ v: 1, epoch: deps.epoch, commands, ...tracesOf(group) });
  try {
    const sequence = await createRecord(deps, key, bytes);
    let index = 0;
    for (const one of group) {
      one.resolve(
        typeof sequence === "string"
          ? { kind: sequence }
          : { kind: "stored", position: commandPosition(sequence, index) },
      );
      index += positionsOf(one.command);
    }
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const one of group) one.reject(reason);
    throw reason;
  }
}

function tracesIn(group: readonly Waiting[]): string[] {
  return group.flatMap(({ traceparent }) => traceparent ?? []);
}

function tracesOf(group: readonly Waiting[]): { traces?: Record<string, string> } {
  const traces: Record<string, string> = {};
  let index = 0;
  for (const { command, traceparent } of group) {
    if (traceparent !== undefined) traces[index] = traceparent;
    index += positionsOf(command);
  }
  return Object.keys(traces).length === 0 ? {} : { traces };
}

/** Creates the key until its outcome is known. Throws when another record stands under it. */
async function createRecord(
  deps: WriteDeps,
  key: string,
  bytes: Uint8Array,
): Promise<number | "full" | "over"> {
  const target = subject.command(deps.market, deps.epoch, key);
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await createOnce(deps, target, bytes);
    if (outcome.kind === "stored") return outcome.sequence;
    // Also after an unknown outcome: a sealed log takes nothing that is still under way.
    if (outcome.kind === "over") return "over";
    // After an unknown outcome "absent" may still become "stored"; only a first answer is definite.
    if (outcome.kind === "full" && attempt === 0) return "full";
    deps.onRetry?.(outcome.kind === "full" ? "full" : outcome.reason);
    await Bun.sleep(Math.min(RETRY_DELAY_MS.first * 2 ** attempt, RETRY_DELAY_MS.last));
  }
}

type CreateOutcome =
  | { readonly kind: "stored"; readonly sequence: number }
  | { readonly kind: "full" }
  | LogOver
  | { readonly kind: "again"; readonly reason: string };

async function createOnce(
  deps: WriteDeps,
  target: string,
  bytes: Uint8Array,
): Promise<CreateOutcome> {
  const createOnly = createHeaders();
  createOnly.set("Nats-Expected-Last-Subject-Sequence", "0");
  try {
    const ack = await deps.js.publish(target, bytes, { headers: createOnly });
    return { kind: "stored", sequence: ack.seq };
  } catch (error) {
    const code = natsErrorCode(error);
    const isRefused =
      code === jetStreamCode.wrongLastSequence || code === jetStreamCode.storeRefused;
    if (isRefused) return (await readBack(deps, target, bytes)) ?? { kind: "full" };
    if (code === jetStreamCode.streamSealed) {
      return (await readBack(deps, target, bytes)) ?? { kind: "over" };
    }
    // Any other failure leaves open whether the record was stored, so the same create is sent again.
    return { kind: "again", reason: String(code ?? error) };
  }
}

/** The leader's answer to what stands under the key: ours, somebody else's, or undefined for nothing. */
async function readBack(
  deps: WriteDeps,
  target: string,
  bytes: Uint8Array,
): Promise<CreateOutcome | undefined> {
  const name = stream.commands(deps.market, deps.epoch);
  try {
    const stored = await deps.jsm.streams.getMessage(name, { last_by_subj: target });
    assert(Buffer.from(stored.data).equals(bytes), `another record stands under ${target}`);
    return { kind: "stored", sequence: stored.seq };
  } catch (error) {
    const code = natsErrorCode(error);
    if (code === undefined) throw error;
    if (code === jetStreamCode.noMessage) return undefined;
    return { kind: "again", reason: String(code) };
  }
}
