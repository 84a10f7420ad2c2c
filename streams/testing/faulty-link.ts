/** A TCP link to the real server whose answers can be lost: what a cut cable does to an acknowledgement. */

import type { Socket } from "bun";

export interface FaultyLink {
  readonly url: string;
  /** Requests go through; answers vanish until `heal`. */
  loseAnswers(): void;
  /** The same for the connections that are open now; new ones work: what a failover leaves behind. */
  silence(): void;
  /** Closes every connection, then lets new ones work. */
  heal(): void;
  stop(): void;
}

interface Ends {
  upstream?: Socket<Ends>;
  client?: Socket<Ends>;
  waiting: Uint8Array[];
  isSilent: boolean;
}

/** `target` is a `nats://host:port`. */
export function openFaultyLink(target: string): FaultyLink {
  const { hostname, port } = new URL(target);
  const open = new Set<Ends>();
  let losing = false;

  const listener = Bun.listen<Ends>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(client) {
        const ends: Ends = { client, waiting: [], isSilent: false };
        client.data = ends;
        open.add(ends);
        void connectUpstream(ends);
      },
      data(client, bytes) {
        const { upstream, waiting } = client.data;
        if (upstream === undefined) waiting.push(new Uint8Array(bytes));
        else upstream.write(bytes);
      },
      close(client) {
        client.data.upstream?.end();
        open.delete(client.data);
      },
    },
  });

  async function connectUpstream(ends: Ends): Promise<void> {
    ends.upstream = await Bun.connect<Ends>({
      hostname,
      port: Number(port),
      data: ends,
      socket: {
        data(_, bytes) {
          if (!losing && !ends.isSilent) ends.client?.write(bytes);
        },
        close() {
          ends.client?.end();
        },
      },
    });
    for (const bytes of ends.waiting) ends.upstream.write(bytes);
  }

  function cut(): void {
    for (const { client, upstream } of open) {
      client?.terminate();
      upstream?.terminate();
    }
    open.clear();
  }

  return {
    url: `nats://127.0.0.1:${listener.port}`,
    loseAnswers() {
      losing = true;
    },
    silence() {
      for (const ends of open) ends.isSilent = true;
    },
    heal() {
      losing = false;
      cut();
    },
    stop() {
      cut();
      listener.stop(true);
    },
  };
}
