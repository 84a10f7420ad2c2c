/** The archive's schema, one step a name. A step that was released is never edited. */

import type { Migration } from "kysely/migration";

import { createArchive } from "./0001-create-archive.ts";

export const migrations: Readonly<Record<string, Migration>> = {
  "0001-create-archive": createArchive,
};
