/**
 * The traces that the work in hand belongs to, so that its log lines can name them without being told. Only
 * sampled work enters a scope: all other work pays one look at an empty one where it is batched.
 */

import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<readonly string[]>();
const none: readonly string[] = [];
/** Links in one log line, at most. */
const LINKS_MAX = 16;

/**
 * Runs work in the traces of these traceparents, and in no other: what a loop does for many requests is not the
 * affair of the one that happened to start it.
 */
export function inTraces<Value>(traceparents: readonly string[], work: () => Value): Value {
  if (traceparents.length > 0) return scope.run(traceparents, work);
  return scope.getStore() === undefined ? work() : scope.exit(work);
}

/** The traceparents of the work in hand. */
export function tracesInHand(): readonly string[] {
  return scope.getStore() ?? none;
}

interface TraceFields {
  readonly trace: { readonly id: string };
  readonly span: { readonly id: string };
}

/** In ECS form: the trace of one request, or links to those of a batch. */
export function traceFields(
  traceparents: readonly string[],
): TraceFields | { readonly span?: { readonly links: readonly TraceFields[] } } {
  const [first] = traceparents;
  if (first === undefined) return {};
  if (traceparents.length === 1) return fieldsOf(first);
  return { span: { links: traceparents.slice(0, LINKS_MAX).map(fieldsOf) } };
}

function fieldsOf(traceparent: string): TraceFields {
  const [, traceId = "", spanId = ""] = traceparent.split("-");
  return { trace: { id: traceId }, span: { id: spanId } };
}
