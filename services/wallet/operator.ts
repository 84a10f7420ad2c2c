/** Who did something by hand, and why: both stand in a history for good. Pure. */

const OPERATOR_PATTERN = /^[A-Za-z0-9._@-]{1,48}$/;
const REASON_LENGTH = { min: 3, max: 500 } as const;

/** For people; undefined when both are given. */
export function operatorProblem({
  operator,
  reason,
}: {
  readonly operator: string;
  readonly reason: string;
}): string | undefined {
  const isReason = reason.length >= REASON_LENGTH.min && reason.length <= REASON_LENGTH.max;
  return isReason && OPERATOR_PATTERN.test(operator)
    ? undefined
    : "an operator's name and a reason are needed";
}
