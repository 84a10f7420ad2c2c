/** One invariant: how much was looked at, and everything that breaks it. */

export interface Violation {
  /** A position, a row's id or an account: where to look. */
  readonly where: string;
  readonly what: string;
}

/** Violations told one by one; the rest of a broken invariant is only counted. */
const TOLD_MAX = 20;

export class Check {
  /** The invariant, as a sentence. */
  readonly name: string;
  #examined = 0;
  #violations = 0;
  readonly #told: Violation[] = [];
  #note = "";

  constructor(name: string) {
    this.name = name;
  }

  get examined(): number {
    return this.#examined;
  }

  get violations(): number {
    return this.#violations;
  }

  /** The first ones. */
  get told(): readonly Violation[] {
    return this.#told;
  }

  /** What was not looked at, and why. */
  get note(): string {
    return this.#note;
  }

  setNote(note: string): void {
    this.#note = note;
  }

  examine(count = 1): void {
    this.#examined += count;
  }

  violate(where: string, what: string): void {
    this.#violations += 1;
    if (this.#told.length < TOLD_MAX) this.#told.push({ where, what });
  }

  /** Violated unless both are the same number, text or bigint. */
  expectEqual(where: string, [name, actual, expected]: Comparison): void {
    if (actual !== expected) {
      this.violate(where, `${name} is ${formatValue(actual)}, expected ${formatValue(expected)}`);
    }
  }
}

type Value = string | number | bigint | boolean | null | undefined;

export type Comparison = readonly [name: string, actual: Value, expected: Value];

function formatValue(value: Value): string {
  return value === undefined || value === null ? "absent" : String(value);
}

export function countViolations(checks: readonly Check[]): number {
  return checks.reduce((sum, { violations }) => sum + violations, 0);
}

/** One line for what holds; below one that does not, a line a violation. */
export function formatCheck({ name, examined, violations, told, note }: Check): string {
  const looked = note === "" ? String(examined) : `${examined}, ${note}`;
  if (violations === 0) return `ok   ${name} (${looked})`;
  const lines = told.map(({ where, what }) => `     ${where}: ${what}`);
  const untold = violations - told.length;
  if (untold > 0) lines.push(`     and ${untold} more`);
  return [`FAIL ${name} (${looked}): ${formatCount(violations)}`, ...lines].join("\n");
}

export function formatCount(violations: number): string {
  return `${violations} ${violations === 1 ? "violation" : "violations"}`;
}
