/** Writing one fenced message to a market's event log. Never call it again before it has answered. */

import type { JetStreamClient } from "nats";
import { headers as createHeaders } from "nats";

import { jetStreamCode, natsErrorCode } from "./error-code.ts";

export type FencedPublish =
  | { readonly kind: "stored"; readonly sequence: number }
  /** The log's last sequence is another: somebody wrote. Nothing of ours was stored. */
  | { readonly kind: "fenced" }
  /** Stored or not: read the log forward to find out. */
  | { readonly kind: "unknown"; readonly reason: string };

export interface FencedMessage {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** The stream sequence after which this message must stand. */
  readonly lastSequence: number;
}

export async function publishFenced(
  js: JetStreamClient,
  message: FencedMessage,
): Promise<FencedPublish> {
  const fence = createHeaders();
  fence.set("Nats-Expected-Last-Sequence", String(message.lastSequence));
  try {
    const ack = await js.publish(message.subject, message.bytes, { headers: fence });
    return { kind: "stored", sequence: ack.seq };
  } catch (error) {
    const code = natsErrorCode(error);
    if (code === jetStreamCode.wrongLastSequence) return { kind: "fenced" };
    return { kind: "unknown", reason: String(code ?? error) };
  }
}
