const LIMIT_MS = 60_000;
const POLL_MS = 50;

/** Polls until there is an answer. Throws after a minute, which a machine busy with other things may need. */
export async function until<Value>(
  what: string,
  look: () => Promise<Value | undefined>,
): Promise<Value> {
  const limitMs = performance.now() + LIMIT_MS;
  while (performance.now() < limitMs) {
    const found = await look();
    if (found !== undefined) return found;
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`${what} did not happen within ${LIMIT_MS} ms`);
}
