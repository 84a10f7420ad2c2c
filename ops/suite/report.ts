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

/**
 * The names of the tests that failed, then what the run printed around them: a reader may see only the
 * beginning of this. Left out are tests that passed, files in which all did, and the log lines of
 * services; the whole of it is in the step's log file.
 */
export function selectLines(output: string): string {
  const lines = output
    .split("\n")
    .filter((line) => !line.startsWith("(pass)") && !line.startsWith('{"log.level"'));
  const failed = lines.filter(isFailure);
  const kept = splitByFile(lines).filter((section) => section.some(isTrouble));
  const context = kept.length === 0 ? lines : kept.flat();
  return [...failed, ...context.slice(-outputLinesMax)].join("\n").trim();
}

function splitByFile(lines: readonly string[]): string[][] {
  let current: string[] = [];
  const sections = [current];
  for (const line of lines) {
    if (/^\S+\.test\.ts:$/.test(line)) {
      current = [];
      sections.push(current);
    }
    current.push(line);
  }
  return sections;
}

function isFailure(line: string): boolean {
  return line.startsWith("(fail)");
}

function isTrouble(line: string): boolean {
  return isFailure(line) || line.startsWith("error:") || line.startsWith("Stopped after");
}
