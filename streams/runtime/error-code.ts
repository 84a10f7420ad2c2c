/** What a failed JetStream call means, in the words the callers decide by. */

import { NatsError } from "nats";

/** Server error codes that decide something. */
export const jetStreamCode = {
  wrongLastSequence: 10071,
  storeRefused: 10077,
  noMessage: 10037,
  streamNotFound: 10059,
  streamSealed: 10109,
} as const;

/** The JetStream error code, else the client's (`"503"`: no responders, `"TIMEOUT"`), else undefined. */
export function natsErrorCode(error: unknown): number | string | undefined {
  if (!(error instanceof NatsError)) return undefined;
  return error.api_error?.err_code ?? error.code;
}
