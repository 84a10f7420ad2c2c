/** Waiting in a test for what happens elsewhere. */

const LIMIT_MS = 30_000;
const POLL_MS = 10;

/** Looks again and again. Throws when it does not happen in time, which a busy machine may need. */
export async function until(
  happened: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const giveUpMs = performance.now() + limitMs;
  while (!(await happened())) {
    if (performance.now() > giveUpMs) throw new Error(`it did not happen within ${limitMs} ms`);
    await Bun.sleep(POLL_MS);
  }
}
