/** Reads the totals of a JUnit report. */

export interface JunitCounts {
  readonly passed: number;
  readonly failed: number;
}

/** Undefined for a text without the totals. Skipped tests count as neither. */
export function readJunitCounts(xml: string): JunitCounts | undefined {
  const [root] = /<testsuites\b[^>]*>/.exec(xml) ?? [];
  if (root === undefined) return undefined;
  const tests = readNumber(root, "tests");
  const failed = readNumber(root, "failures");
  if (tests === undefined || failed === undefined) return undefined;
  return { passed: tests - failed - (readNumber(root, "skipped") ?? 0), failed };
}

function readNumber(element: string, attribute: string): number | undefined {
  const [, digits] = new RegExp(`\\s${attribute}="(\\d+)"`).exec(element) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
