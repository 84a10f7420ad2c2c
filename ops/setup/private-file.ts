/** Files that only their owner reads, replaced as a whole so that no reader sees half of one. */

import { renameSync, writeFileSync } from "node:fs";

export function writePrivateFile(path: string, text: string): void {
  const next = `${path}.${process.pid}.tmp`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, path);
}
