/** A WebSocket client over plain TCP that sends and, for as long as the test wants, does not read. */

import type { FeedMessage } from "./feed-client.ts";

export interface DeafClient {
  /** A short text message. */
  send(message: object): void;
  /** Reads from now on: all messages so far, and those that still come. */
  readMessages(): readonly FeedMessage[];
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
const HANDSHAKE_END = "\r\n\r\n";
const TAIL_BYTES = 200;
const TEXT_FRAME = 0x81;

export async function openDeafClient(url: string): Promise<DeafClient> {
  const { hostname, port } = new URL(url);
  const greeted = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  const messages: FeedMessage[] = [];
  let tail = Buffer.alloc(0);
  let received = Buffer.alloc(0);
  let isHandshakeOver = false;
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (self) => void self.write(HANDSHAKE),
      data(_, bytes) {
        tail = Buffer.concat([tail, bytes]).subarray(-TAIL_BYTES);
        received = Buffer.concat([received, bytes]);
        if (!isHandshakeOver) {
          received = received.subarray(received.indexOf(HANDSHAKE_END) + HANDSHAKE_END.length);
          isHandshakeOver = true;
        }
        const { texts, rest } = cutFrames(received);
        received = rest;
        for (const text of texts) {
          const message: FeedMessage = JSON.parse(text);
          messages.push(message);
        }
        greeted.resolve();
      },
      close: () => ended.resolve(tail.toString("latin1")),
    },
  });
  await greeted.promise;
  socket.pause();
  return {
    send: (message) => void socket.write(frame(JSON.stringify(message))),
    readMessages() {
      socket.resume();
      return messages;
    },
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

/** The texts of whole frames, and what is left of one that has not arrived. */
function cutFrames(bytes: Buffer<ArrayBuffer>): { texts: string[]; rest: Buffer<ArrayBuffer> } {
  const texts: string[] = [];
  let rest = bytes;
  for (;;) {
    const place = placeOfText(rest);
    if (place === undefined || place.end > rest.length) return { texts, rest };
    if (rest[0] === TEXT_FRAME) texts.push(rest.toString("utf8", place.start, place.end));
    rest = rest.subarray(place.end);
  }
}

/** A server's frame is not masked. Undefined when its length has not arrived. */
function placeOfText(bytes: Buffer): { start: number; end: number } | undefined {
  const short = bytes[1];
  if (short === undefined) return undefined;
  if (short < 126) return { start: 2, end: 2 + short };
  const start = short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return { start, end: start + length };
}
