import { expect, test } from "bun:test";

import { createBankClient, readWord } from "./bank-client.ts";

const accepted = JSON.stringify({ status: "accepted", payoutId: "p-1" });
const rejected = JSON.stringify({ status: "rejected", payoutId: "p-1", reason: "closed" });

test.each([
  [201, accepted, "accepted"],
  [200, accepted, "accepted"],
  [200, rejected, "rejected"],
  [422, rejected, "rejected"],
  // Whatever else it looks like, it is no word that moves money.
  [422, accepted, "unknown"],
  [422, "{}", "unknown"],
  [422, "Unprocessable", "unknown"],
  [201, rejected, "unknown"],
  [200, "", "unknown"],
  [200, "null", "unknown"],
  [200, '{"status":"paid","payoutId":"p-1"}', "unknown"],
  [400, rejected, "unknown"],
  [401, rejected, "unknown"],
  [404, rejected, "unknown"],
  [409, rejected, "unknown"],
  [429, rejected, "unknown"],
  [302, accepted, "unknown"],
  [500, accepted, "unknown"],
  [503, rejected, "unknown"],
] as const)("status %i with %p is %s", (status, text, kind) => {
  expect(readWord(status, text).kind).toBe(kind);
});

const order = { reference: "key-1", asset: "USD", amount: "1.00", destination: "iban:X" };

test("a bank that hangs, resets or is not there is unknown within the limit", async () => {
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const rude = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket) => socket.terminate() },
  });
  const ports = [silent.port, rude.port];
  for (const port of ports) {
    const client = createBankClient({ url: `http://127.0.0.1:${port}`, apiKey: "key" }, 200);
    const startedMs = performance.now();
    expect((await client.submit("key-1", order)).kind).toBe("unknown");
    expect(performance.now() - startedMs).toBeLessThan(2000);
  }
  silent.stop(true);
  rude.stop(true);
  const gone = createBankClient({ url: `http://127.0.0.1:${silent.port}`, apiKey: "key" }, 200);
  expect((await gone.submit("key-1", order)).kind).toBe("unknown");
});
