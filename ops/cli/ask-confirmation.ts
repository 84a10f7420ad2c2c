/** Asking at the prompt before something that cannot be taken back easily. */

import { UsageError } from "./options.ts";

/** `isGiven`: `--yes`. Refuses where there is nobody to ask. */
export async function askConfirmation(question: string, isGiven: boolean): Promise<boolean> {
  if (isGiven) return true;
  if (!process.stdin.isTTY) throw new UsageError("There is nobody to ask: --yes is missing.");
  process.stderr.write(`${question} Type "yes": `);
  for await (const line of console) return line.trim() === "yes";
  return false;
}
