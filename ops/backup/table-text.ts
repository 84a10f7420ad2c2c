/** A table's rows as INSERT statements, one a line, exact to the byte. */

/** How a column's values are written. */
export type ColumnKind = "number" | "text" | "binary";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

const NUMBERS = /^((tiny|small|medium|big)?int|decimal|float|double|year)$/;
const BINARIES = /^((var)?binary|bit|(tiny|medium|long)?blob)$/;
/** Characters of one statement, after which the next one begins: far below what a server takes. */
const STATEMENT_MIN = 256 * 1024;

/** `dataType` as `information_schema.columns` has it. */
export function kindOf(dataType: string): ColumnKind {
  const type = dataType.toLowerCase();
  if (NUMBERS.test(type)) return "number";
  return BINARIES.test(type) ? "binary" : "text";
}

/** Values are what the server sent, undecoded. Text goes in hex, so that nothing in it can mean anything. */
export function literalOf(value: Buffer | null, kind: ColumnKind): string {
  if (value === null) return "null";
  if (kind === "number") return value.toString("latin1");
  const hex = `x'${value.toString("hex")}'`;
  return kind === "binary" ? hex : `_utf8mb4 ${hex}`;
}

/** Statements with a line end each. `onRow` is called for each row. */
export async function* insertStatements(
  table: { readonly database: string; readonly table: string; readonly columns: readonly Column[] },
  rows: AsyncIterable<readonly (Buffer | null)[]>,
  onRow: () => void,
): AsyncGenerator<string> {
  const { database, columns } = table;
  const names = columns.map(({ name }) => quoteName(name)).join(",");
  const start = `insert into ${quoteName(database)}.${quoteName(table.table)} (${names}) values `;
  let values: string[] = [];
  let length = 0;
  for await (const row of rows) {
    const literals = columns.map(({ kind }, index) => literalOf(row[index] ?? null, kind));
    const text = `(${literals.join(",")})`;
    values.push(text);
    length += text.length;
    onRow();
    if (length < STATEMENT_MIN) continue;
    yield `${start}${values.join(",")}\n`;
    values = [];
    length = 0;
  }
  if (values.length > 0) yield `${start}${values.join(",")}\n`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
