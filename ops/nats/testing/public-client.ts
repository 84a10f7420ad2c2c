/** The public listener's protocol, line by line: what a client library would not send can be sent. */

export interface PublicClient {
  /** Sends the lines, and returns all that came since the last time until the server had read them. Rejects when it hung up. */
  say(...lines: readonly string[]): Promise<string>;
  /** What the server told when it hung up. */
  readonly closed: Promise<string>;
  close(): void;
}

/** `options`: of the CONNECT line. Resolves when the server took it or hung up. */
export async function connectPublic(url: string, options: object = {}): Promise<PublicClient> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const closed = Promise.withResolvers<string>();
  const failed = closed.promise.then((told) => Promise.reject(new Error(`hung up: ${told}`)));
  failed.catch(() => undefined);
  const opened = Promise.withResolvers<void>();
  let heard = "";
  let told = 0;
  let answered = Promise.withResolvers<void>();
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("close", () => {
    opened.resolve();
    closed.resolve(heard);
  });
  socket.addEventListener("message", ({ data }) => {
    heard += new TextDecoder().decode(data);
    if (heard.includes("PONG\r\n", told)) answered.resolve();
  });
  await opened.promise;
  socket.send(`CONNECT ${JSON.stringify({ verbose: false, ...options })}\r\n`);
  return {
    closed: closed.promise,
    async say(...lines) {
      answered = Promise.withResolvers();
      socket.send([...lines, "PING", ""].join("\r\n"));
      await Promise.race([answered.promise, failed]);
      const news = heard.slice(told);
      told = heard.length;
      return news;
    },
    close: () => socket.close(),
  };
}
