/** What a backup has in it: `README.md` describes it for who reads one. */

import { z } from "zod";

import { CopiedFile } from "../epochs/manifest.ts";
import { SnapshotHead } from "./stream-snapshot.ts";

export const BACKUP_MANIFEST = "backup.json";

export const BackupManifest = z.object({
  v: z.literal(1),
  takenAt: z.string(),
  mysqlVersion: z.string(),
  /** In the order in which they are put back. */
  streams: z.array(CopiedFile.extend({ head: SnapshotHead })),
  /** Triggers are made once all rows are there. */
  databases: z.array(
    z.object({ name: z.string(), create: z.string(), triggers: z.array(z.string()) }),
  ),
  tables: z.array(
    CopiedFile.extend({
      database: z.string(),
      table: z.string(),
      create: z.string(),
      rows: z.number(),
    }),
  ),
});

export type BackupManifest = z.infer<typeof BackupManifest>;
export type BackedUpTable = BackupManifest["tables"][number];
