/** Prints market data from the public NATS, without a login or a library: `bun watch-market.ts ws://HOST:PORT md.BTC-USD.trades`. */

const [url = "", subject = "md.>"] = process.argv.slice(2);
const socket = new WebSocket(url);
socket.binaryType = "arraybuffer";
let unread = "";
socket.addEventListener("open", () =>
  socket.send(`CONNECT {"verbose":false}\r\nSUB ${subject} 1\r\n`),
);
socket.addEventListener("close", () => process.exit(1));
socket.addEventListener("message", ({ data }) => {
  // All of it is ASCII, so that bytes are characters.
  unread += new TextDecoder().decode(data);
  for (let end = unread.indexOf("\r\n"); end >= 0; end = unread.indexOf("\r\n")) {
    const [operation = "", ...words] = unread.slice(0, end).split(" ");
    const size = operation === "MSG" ? Number(words.at(-1)) + 2 : 0;
    if (unread.length < end + 2 + size) return;
    if (operation === "MSG") console.log(unread.slice(end + 2, end + size));
    if (operation === "PING") socket.send("PONG\r\n");
    if (operation === "-ERR") console.error(words.join(" "));
    unread = unread.slice(end + 2 + size);
  }
});
