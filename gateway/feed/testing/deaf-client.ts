/** A WebSocket client over plain TCP that sends and, for as long as the test wants, does not read. */

export interface DeafClient {
  /** A short text message. */
  send(message: object): void;
  /** Reads until the server ends the connection; returns the last bytes as text. */
  readToTheEnd(): Promise<string>;
}

const HANDSHAKE = [
  "GET /v1/ws HTTP/1.1",
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "",
  "",
].join("\r\n");
const TAIL_BYTES = 200;

export async function openDeafClient(url: string): Promise<DeafClient> {
  const { hostname, port } = new URL(url);
  const greeted = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  let tail = Buffer.alloc(0);
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (self) => void self.write(HANDSHAKE),
      data(_, bytes) {
        tail = Buffer.concat([tail, bytes]).subarray(-TAIL_BYTES);
        greeted.resolve();
      },
      close: () => ended.resolve(tail.toString("latin1")),
    },
  });
  await greeted.promise;
  socket.pause();
  return {
    send: (message) => void socket.write(frame(JSON.stringify(message))),
    readToTheEnd() {
      socket.resume();
      return ended.promise;
    },
  };
}

/** A masked text frame of at most 125 bytes; the mask is zero, which leaves the text as it is. */
function frame(text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  if (payload.length > 125) throw new Error("a short text was promised");
  return Uint8Array.from([0x81, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}
