/** The streams' audit of logs that may be damaged: what cannot be read is a violation, not the audit's end. */

import { NatsError } from "nats";

import type { StreamsInput } from "./audit-streams.ts";
import { auditStreams } from "./audit-streams.ts";
import { Check } from "./check.ts";

export interface LogsAudit {
  readonly checks: readonly Check[];
  /** Whether both logs were read to their ends; else whoever folds the events has only some. */
  readonly isWhole: boolean;
}

/** Throws when the server is away. */
export async function auditLogs(input: StreamsInput): Promise<LogsAudit> {
  const id = input.market.market;
  const check = new Check(`${id}: both logs can be read`);
  const read = { record: 0, frame: 0 };
  try {
    const records = noting(input.records, (sequence) => {
      read.record = sequence;
    });
    const frames = noting(input.frames, (sequence) => {
      read.frame = sequence;
    });
    const checks = await auditStreams({ ...input, records, frames });
    check.examine(read.record + read.frame);
    return { checks: [check, ...checks], isWhole: true };
  } catch (error) {
    if (error instanceof NatsError) throw error;
    check.violate(`${id} after record ${read.record} and frame ${read.frame}`, String(error));
    return { checks: [check], isWhole: false };
  }
}

async function* noting<Message extends { readonly sequence: number }>(
  messages: AsyncIterable<Message> | Iterable<Message>,
  onSequence: (sequence: number) => void,
): AsyncGenerator<Message> {
  for await (const message of messages) {
    onSequence(message.sequence);
    yield message;
  }
}
