/** Hearing the messages of a subject, each decoded once, also where several listen. */

import type { NatsConnection } from "nats";

/** Calls back for each message from now on, until what it returns is called. */
export type Listen<Message> = (hear: (message: Message) => void) => () => void;

type Decode<Message> = (bytes: Uint8Array) => Message;

export function listenTo<Message>(
  connection: NatsConnection,
  subject: string,
  decode: Decode<Message>,
): Listen<Message> {
  return (hear) => {
    const subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) hear(decode(message.data));
      },
    });
    return () => subscription.unsubscribe();
  };
}

/** One subscription of a subject for all who listen to it, for as long as somebody does. */
export function shareSubjects<Message>(
  connection: NatsConnection,
  decode: Decode<Message>,
): (subject: string) => Listen<Message> {
  const shared = new Map<string, Listen<Message>>();
  return (subject) => {
    const known = shared.get(subject) ?? share(listenTo(connection, subject, decode));
    shared.set(subject, known);
    return known;
  };
}

function share<Message>(listen: Listen<Message>): Listen<Message> {
  const listeners = new Set<(message: Message) => void>();
  let stop: (() => void) | undefined;
  return (hear) => {
    // Of its own, so that who listens twice hears twice.
    const own = (message: Message): void => hear(message);
    listeners.add(own);
    stop ??= listen((message) => {
      for (const one of listeners) one(message);
    });
    return () => {
      listeners.delete(own);
      if (listeners.size > 0) return;
      stop?.();
      stop = undefined;
    };
  };
}
