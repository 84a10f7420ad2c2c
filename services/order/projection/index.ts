/** The projection's steps, for whoever plays a log into the tables without a process: the audit's tests. */

export type { SequencedFrame } from "./batch.ts";
export { stepOver } from "./batch.ts";
export type { Cursor } from "./cursor.ts";
export { writeChanges } from "./write-changes.ts";
