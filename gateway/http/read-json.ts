/** A request's JSON body, with its size limited whether or not the client declared it. */

import type { Problem } from "./answer.ts";
import { problem } from "./answer.ts";

const BODY_BYTES_MAX = 16 * 1024;

export type JsonBody = { readonly kind: "json"; readonly value: unknown } | Problem;

const JSON_MEDIA_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
const tooLarge = problem("BODY_TOO_LARGE", { detail: `at most ${BODY_BYTES_MAX} bytes` });

/** `signed`: the body of a request that had to be read before, to check its signature. */
export async function readJson(request: Request, signed: string | undefined): Promise<JsonBody> {
  const mediaType = request.headers.get("content-type");
  if (mediaType === null || !JSON_MEDIA_TYPE.test(mediaType)) {
    return problem("UNSUPPORTED_MEDIA_TYPE");
  }
  try {
    const text = signed ?? (await readText(request));
    if (text === undefined) return tooLarge;
    return { kind: "json", value: JSON.parse(text) };
  } catch {
    // Not JSON, or a body that broke off.
    return problem("MALFORMED_JSON");
  }
}

/** The whole body, or the problem that it has. */
export async function readBody(request: Request): Promise<string | Problem> {
  try {
    return (await readText(request)) ?? tooLarge;
  } catch {
    return problem("MALFORMED_JSON");
  }
}

/** Undefined when the body is too large. A declared length is what the server will deliver, so it decides alone. */
async function readText(request: Request): Promise<string | undefined> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    return Number(declared) <= BODY_BYTES_MAX ? await request.text() : undefined;
  }
  if (request.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
