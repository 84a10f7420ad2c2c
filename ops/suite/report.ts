/** What `ops/test` prints: a line a step, the output of what failed, the sum at the end. */

import type { StepResult } from "./step.ts";

const outputLinesMax = 300;

export function printResult({ name, passed, failed, elapsedMs, output }: StepResult): void {
  const seconds = (elapsedMs / 1_000).toFixed(1).padStart(6);
  const verdict = failed === 0 ? "ok  " : "FAIL";
  console.log(`${verdict} ${name.padEnd(15)} ${seconds} s  ${passed} passed, ${failed} failed`);
  if (failed > 0) console.log(selectLines(output));
}

export function formatSum(results: readonly StepResult[]): string {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  return `${passed} passed, ${sumFailed(results)} failed`;
}

export function sumFailed(results: readonly StepResult[]): number {
  return results.reduce((sum, result) => sum + result.failed, 0);
}

/** The end of it, without the tests that passed. */
function selectLines(output: string): string {
  const lines = output.split("\n").filter((line) => !line.startsWith("(pass)"));
  return lines.slice(-outputLinesMax).join("\n").trim();
}
