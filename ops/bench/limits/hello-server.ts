/** The least a server can do with an order: read it and answer. Prints its port. */

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: async (request) => {
    await request.text();
    return Response.json({ ok: true });
  },
});

console.log(server.port);
