/** Rules that a database keeps by itself, such as that history is only added to: what its tables are made by does not say them. */

import { textOf } from "../audit/read/mysql-snapshot.ts";
import type { Session } from "./mysql-dump.ts";
import { quoteName } from "./table-text.ts";

/** Statements that make a database's triggers again, whoever made them first; those of one table in the order in which they run. */
export async function readTriggers(session: Session, database: string): Promise<string[]> {
  const rows = await session.rows(
    `select trigger_name as name, action_timing as timing, event_manipulation as cause,
       event_object_table as place, action_statement as body
     from information_schema.triggers where trigger_schema = '${database}'
     order by event_object_table, action_timing, event_manipulation, action_order`,
  );
  return rows.map((row) => {
    const [name, place] = [textOf(row, "name"), textOf(row, "place")].map(quoteName);
    const cause = `${textOf(row, "timing")} ${textOf(row, "cause")}`;
    return `create trigger ${name} ${cause} on ${place} for each row ${textOf(row, "body")}`;
  });
}
