/** The two shapes of an answer. */

import type { Reply } from "@exchange/streams/runtime";

export function ok<Value>(value: Value): Reply<Value> {
  return { kind: "ok", value };
}

export function refused(code: string, detail?: string): Extract<Reply<never>, { kind: "refused" }> {
  return detail === undefined ? { kind: "refused", code } : { kind: "refused", code, detail };
}
