/** HTTP/1.1 replies out of a byte stream: what a load generator needs of the protocol and no more. */

export interface HttpReply {
  readonly status: number;
  /** Status line and header lines as they came. */
  readonly head: string;
  readonly body: string;
}

const HEAD_END = "\r\n\r\n";

/** Collects one connection's bytes and cuts them into replies. */
export class ReplyReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Adds bytes; returns the replies that are whole now. Throws on what is not HTTP. */
  read(bytes: Buffer): HttpReply[] {
    // The socket reuses its buffer, so what stays has to be copied; `concat` does.
    let rest = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const replies: HttpReply[] = [];
    for (;;) {
      const cut = cutReply(rest);
      if (cut === undefined) break;
      replies.push(cut.reply);
      rest = rest.subarray(cut.length);
    }
    this.#pending = rest.length === 0 ? rest : Buffer.from(rest);
    return replies;
  }
}

/** The value of a header, or undefined. `name` in lower case. */
export function readHeader(reply: HttpReply, name: string): string | undefined {
  for (const line of reply.head.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}

interface Cut {
  readonly reply: HttpReply;
  readonly length: number;
}

function cutReply(bytes: Buffer): Cut | undefined {
  const headLength = bytes.indexOf(HEAD_END);
  if (headLength < 0) return undefined;
  const head = bytes.toString("latin1", 0, headLength);
  if (!head.startsWith("HTTP/1.1 ")) throw new Error(`not an HTTP reply: ${head.slice(0, 40)}`);
  const status = Number(head.slice(9, 12));
  const bodyStart = headLength + HEAD_END.length;
  const [, digits] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (digits === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)) {
    const chunked = cutChunks(bytes, bodyStart);
    return chunked && { reply: { status, head, body: chunked.body }, length: chunked.end };
  }
  const end = bodyStart + Number(digits ?? 0);
  if (bytes.length < end) return undefined;
  return { reply: { status, head, body: bytes.toString("utf8", bodyStart, end) }, length: end };
}

function cutChunks(bytes: Buffer, start: number): { body: string; end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const length = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(length)) throw new Error("not a chunked HTTP body");
    const next = lineEnd + 2 + length + 2;
    if (bytes.length < next) return undefined;
    if (length === 0) return { body: Buffer.concat(chunks).toString("utf8"), end: next };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = next;
  }
}
