/** The same work for many, a few at a time. */

/** Results in the order of their numbers, from 0. Rejects with the first failure. */
export async function forEachAtOnce<Value>(
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
  work: (number: number) => Promise<Value>,
): Promise<Value[]> {
  const results: Value[] = [];
  let next = 0;
  async function run(): Promise<void> {
    for (;;) {
      const number = next;
      next += 1;
      if (number >= count) return;
      results[number] = await work(number);
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, run));
  return results;
}
