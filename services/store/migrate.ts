/** Schema changes: `ops` applies them, a service refuses to run on another version. */

import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Migration } from "kysely/migration";
import { Migrator } from "kysely/migration";

/** Applies what is missing, in the order of the names. Throws on the first failure. */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error("a migration failed", { cause: error });
}

/** Throws unless exactly these migrations were applied. */
export async function assertSchema<Tables>(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const applied = rows.map((row) => row.name).toSorted();
  const expected = Object.keys(migrations).toSorted();
  if (!Bun.deepEquals(applied, expected)) {
    throw new Error(
      `the schema is at [${applied.join(", ")}], this version needs [${expected.join(", ")}]`,
    );
  }
}
