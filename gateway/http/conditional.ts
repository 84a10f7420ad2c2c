/** Answers that a client, or a cache on the way, may have already: each has a tag and is made into text once. */

import type { Answer } from "./answer.ts";
import { success } from "./answer.ts";

/** A cache that many share may answer for a second; everybody else asks each time whether it still holds. */
const CACHE_CONTROL = "public, max-age=0, s-maxage=1";
/** Changes with how answers are written, so that no old tag stands for a new text. */
const TAG_FORMAT = "2";

const texts = new WeakMap<object, string>();

export interface Conditional {
  readonly request: Request;
  /** What the answer is made from: as long as it is the same object, the answer is the same text. */
  readonly source: object;
  /** Names the state of what the address stands for. */
  readonly version: string;
  readonly view: () => object;
}

/** 304 when the client names the tag as one that it has. */
export function answerUnlessKnown({ request, source, version, view }: Conditional): Answer {
  const etag = `"${TAG_FORMAT}-${version}"`;
  const headers = { etag, "cache-control": CACHE_CONTROL };
  if (names(request.headers.get("if-none-match"), etag)) return success(304, undefined, headers);
  let text = texts.get(source);
  if (text === undefined) {
    text = JSON.stringify(view());
    texts.set(source, text);
  }
  const contentHeaders = { ...headers, "content-type": "application/json" };
  return { kind: "content", status: 200, text, headers: contentHeaders };
}

/** As RFC 9110 says: a list of tags, compared without their `W/`, or `*`. */
function names(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(",").some((one) => {
    const tag = one.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}
