/** How long a process that died stays down: at once the first time, ever longer while it keeps dying. */

const delayMsMin = 200;
const delayMsMax = 5_000;

/** A process that lived this long has recovered, and its next death counts as the first. */
export const recoveredAfterMs = 10_000;

/** `deaths` counts those in a row, this one included. */
export function restartDelayMs(deaths: number): number {
  return Math.min(delayMsMin * 2 ** Math.max(0, deaths - 1), delayMsMax);
}
