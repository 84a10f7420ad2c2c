/** Taking up a request about a market's orders, unless too many are worked on. */

import type { Reply } from "@exchange/streams/runtime";

import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import { refused } from "./reply.ts";

export interface Admission<Request> {
  readonly desk: Desk;
  readonly kind: "placing" | "cancelling";
  /** Of its span. */
  readonly name: string;
  readonly request: Request;
  readonly traceparent: string | undefined;
}

export interface Admitted<Request> {
  readonly desk: Desk;
  readonly request: Request;
  /** Of the span that began. */
  readonly traceparent: string | undefined;
}

export async function admit<Request, Value>(
  deps: OrderDeps,
  { desk, kind, name, request, traceparent }: Admission<Request>,
  work: (deps: OrderDeps, admitted: Admitted<Request>) => Promise<Reply<Value>>,
): Promise<Reply<Value>> {
  const answer = desk[kind].admit(() =>
    deps.telemetry.traced(name, traceparent, (inner) =>
      work(deps, { desk, request, traceparent: inner }),
    ),
  );
  return (await answer) ?? refused("OVERLOADED");
}
