/** Reading the last message of a subject. */

import type { NatsConnection } from "nats";

const READ_LIMIT_MS = 5000;
const NO_MESSAGE = 404;
const REFUSED_FROM = 300;

/**
 * Undefined when there is none. What is asked for is in the request's own subject, so that a rule of the server can say
 * of which ones somebody may (`ops/setup/nats-config.ts`). Throws when the stream does not exist.
 */
export async function readLast(
  connection: Pick<NatsConnection, "request">,
  stream: string,
  subject: string,
): Promise<Uint8Array | undefined> {
  const name = `$JS.API.DIRECT.GET.${stream}.${subject}`;
  const { headers, data } = await connection.request(name, undefined, { timeout: READ_LIMIT_MS });
  const code = headers?.code ?? 0;
  if (code === NO_MESSAGE) return undefined;
  if (code >= REFUSED_FROM) throw new Error(`${name}: ${code} ${headers?.description}`);
  return data;
}
