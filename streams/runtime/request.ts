/** Asking a service and answering as one, over core NATS, with refusals as values. */

import type { NatsConnection, Service, ServiceMsg } from "nats";
import { headers as createHeaders } from "nats";

import { decodeJson, encodeJson } from "../codec.ts";
import { subject } from "../subjects.ts";
import { ask } from "./ask.ts";
import { natsErrorCode } from "./error-code.ts";
import { inTraces } from "./trace-scope.ts";

/** The client's code when nobody listens on the subject. */
const NO_RESPONDERS = "503";

/** What every service answers: a value, or a stable code with what the caller should know. */
export type Reply<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "refused"; readonly code: string; readonly detail?: string };

/** Why a request has no reply. `unavailable`: it was not delivered. `unknown`: it may have taken effect. */
export type RequestFailure = "unavailable" | "unknown";

export class RequestError extends Error {
  readonly failure: RequestFailure;

  constructor(failure: RequestFailure, cause: unknown) {
    super(`request ended ${failure}`, { cause });
    this.failure = failure;
  }
}

export interface RequestOptions {
  readonly timeoutMs: number;
  /** W3C traceparent of a sampled trace. */
  readonly traceparent?: string | undefined;
}

export type Endpoint<Request, Value> = {
  readonly service: string;
  readonly endpoint: string;
  /** Never present: carries the types. */
  readonly shape?: (request: Request) => Value;
};

/** Names an endpoint and its types once, for both ends. */
export function defineEndpoint<Request, Value>(
  service: string,
  endpoint: string,
): Endpoint<Request, Value> {
  return { service, endpoint };
}

/** Throws a `RequestError` when there is no reply. */
export async function request<Request, Value>(
  connection: NatsConnection,
  call: { readonly endpoint: Endpoint<Request, Value>; readonly body: Request } & RequestOptions,
): Promise<Reply<Value>> {
  const { endpoint, body, timeoutMs, traceparent } = call;
  try {
    const message = await ask(connection, {
      subject: subject.request(endpoint.service, endpoint.endpoint),
      payload: encodeJson(body),
      timeoutMs,
      ...(traceparent === undefined ? {} : traceHeader(traceparent)),
    });
    if (message.headers?.has("Nats-Service-Error-Code") === true) {
      throw new Error(message.headers.get("Nats-Service-Error"));
    }
    return decodeJson<Reply<Value>>(message.data);
  } catch (error) {
    const undelivered = natsErrorCode(error) === NO_RESPONDERS;
    throw new RequestError(undelivered ? "unavailable" : "unknown", error);
  }
}

export type Handler<Request, Value> = (
  body: Request,
  context: { readonly traceparent: string | undefined },
) => Promise<Reply<Value>>;

export interface Served {
  readonly endpoint: string;
  readonly handle: (message: ServiceMsg) => void;
}

/** What an address for answers begins with, whoever asks (connect.ts). */
const INBOXES = "_INBOX";

/**
 * Pairs an endpoint with its handler. A throw becomes a service error that says nothing about the inside. Who wants the
 * answer elsewhere than in an inbox is not heard: it would be sent by this service, which may write where that one may not.
 */
export function serve<Request, Value>(
  endpoint: Endpoint<Request, Value>,
  handler: Handler<Request, Value>,
  onError: (error: unknown) => void,
): Served {
  async function answer(message: ServiceMsg, traceparent: string | undefined): Promise<void> {
    try {
      const reply = await handler(decodeJson<Request>(message.data), { traceparent });
      message.respond(encodeJson(reply));
    } catch (error) {
      onError(error);
      message.respondError(500, "internal error");
    }
  }
  return {
    endpoint: endpoint.endpoint,
    handle(message) {
      if (message.reply !== undefined && !message.reply.startsWith(INBOXES)) return;
      const traceparent = message.headers?.get("traceparent") ?? "";
      if (traceparent === "") void answer(message, undefined);
      else void inTraces([traceparent], () => answer(message, traceparent));
    },
  };
}

/** Registers the service, so that `nats micro ls` shows it; copies share the work as a queue group. */
export async function startService(
  connection: NatsConnection,
  service: { readonly name: string; readonly endpoints: readonly Served[] },
): Promise<Service> {
  const started = await connection.services.add({
    name: service.name,
    version: "1.0.0",
    queue: service.name,
  });
  const group = started.addGroup(service.name);
  for (const { endpoint, handle } of service.endpoints) {
    group.addEndpoint(endpoint, (error, message) => {
      if (error === null) handle(message);
    });
  }
  return started;
}

function traceHeader(traceparent: string): { headers: ReturnType<typeof createHeaders> } {
  const headers = createHeaders();
  headers.set("traceparent", traceparent);
  return { headers };
}
