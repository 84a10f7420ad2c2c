/** Whether NATS is there now. While it is not, a request would only wait for it and outlive its client. */

import type { NatsConnection } from "nats";
import { Events } from "nats";

export interface Link {
  readonly up: boolean;
}

export function watchLink(connection: NatsConnection): Link {
  const link = { up: true };
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) link.up = false;
      if (type === Events.Reconnect) link.up = true;
    }
  })();
  return link;
}
