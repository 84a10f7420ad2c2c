/** What a run came to, against what had to come of it. */

export interface Judged {
  readonly name: string;
  readonly value: number;
  readonly max: number;
  readonly isKept: boolean;
}

export function judge(name: string, value: number, max: number): Judged {
  // Nothing measured is no proof of anything.
  return { name, value, max, isKept: Number.isFinite(value) && value <= max };
}

export function formatJudged({ name, value, max, isKept }: Judged): string {
  return `${isKept ? "ok  " : "FAIL"} ${name} ${value}, at most ${max}`;
}
