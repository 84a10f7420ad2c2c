/** What a process that works in steps prints: an empty line a step, and at its end what it came to. */

/** Printed for a step. */
export const STEP = "\n";

export interface StepLimit {
  /** The longest time without anything printed. */
  readonly limitMs: number;
  readonly onStall: () => void;
}

/** Resolves with all but the steps, when the output ends. */
export async function readSteps(
  output: ReadableStream<Uint8Array>,
  { limitMs, onStall }: StepLimit,
): Promise<string> {
  const decoder = new TextDecoder();
  let said = "";
  let timer = setTimeout(onStall, limitMs);
  for await (const bytes of output) {
    clearTimeout(timer);
    timer = setTimeout(onStall, limitMs);
    said += decoder.decode(bytes, { stream: true }).replaceAll(STEP, "");
  }
  clearTimeout(timer);
  return said;
}
