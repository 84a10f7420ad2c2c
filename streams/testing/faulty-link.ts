/** A TCP link to the real server whose answers can be lost: what a cut cable does to an acknowledgement. */

import type { Socket } from "bun";

export interface FaultyLink {
  readonly url: string;
  /** Requests go through; answers vanish until `heal`. */
  loseAnswers(): void;
  /** The same for the connections that are open now; new ones work: what a failover leaves behind. */
  silence(): void;
  /** Closes every connection and each new one, until `heal`. */
  cut(): void;
  /** Closes every connection, then lets new ones work. */
  heal(): void;
  stop(): void;
}

interface Ends {
  upstream?: Socket<Ends>;
  client?: Socket<Ends>;
  /** What a socket has not taken yet. */
  readonly toUpstream: Uint8Array[];
  readonly toClient: Uint8Array[];
  isSilent: boolean;
}

/** A socket that is full takes a part, and the rest when it drains. */
function send(socket: Socket<Ends>, waiting: Uint8Array[]): void {
  for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
    const taken = Math.max(socket.write(first), 0);
    if (taken < first.length) {
      waiting[0] = first.subarray(taken);
      return;
    }
    waiting.shift();
  }
}

async function connectUpstream(
  { hostname, port }: URL,
  ends: Ends,
  isLosing: () => boolean,
): Promise<void> {
  const upstream = await Bun.connect<Ends>({
    hostname,
    port: Number(port),
    data: ends,
    socket: {
      data(_, bytes) {
        if (isLosing() || ends.isSilent) return;
        ends.toClient.push(new Uint8Array(bytes));
        if (ends.client !== undefined) send(ends.client, ends.toClient);
      },
      drain(socket) {
        send(socket, ends.toUpstream);
      },
      close() {
        ends.client?.end();
      },
    },
  });
  ends.upstream = upstream;
  send(upstream, ends.toUpstream);
}

/** `target` is a `nats://host:port`. */
export function openFaultyLink(target: string): FaultyLink {
  const address = new URL(target);
  const open = new Set<Ends>();
  let losing = false;
  let isCut = false;

  const listener = Bun.listen<Ends>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(client) {
        if (isCut) return client.terminate();
        const ends: Ends = { client, toUpstream: [], toClient: [], isSilent: false };
        client.data = ends;
        open.add(ends);
        void connectUpstream(address, ends, () => losing);
      },
      data(client, bytes) {
        const { upstream, toUpstream } = client.data;
        toUpstream.push(new Uint8Array(bytes));
        if (upstream !== undefined) send(upstream, toUpstream);
      },
      drain(client) {
        send(client, client.data.toClient);
      },
      close(client) {
        // Of one that came while the link was cut there is nothing.
        if (!open.delete(client.data)) return;
        client.data.upstream?.end();
      },
    },
  });

  function closeAll(): void {
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
    cut() {
      isCut = true;
      closeAll();
    },
    heal() {
      losing = false;
      isCut = false;
      closeAll();
    },
    stop() {
      closeAll();
      listener.stop(true);
    },
  };
}
