/** The commands lead elsewhere than a snapshot or the event log says: somebody has to look before there is another one. */
export class ContradictedSnapshot extends Error {}

/** With which the process that makes snapshots says so. */
export const CONTRADICTED_EXIT_CODE = 3;
