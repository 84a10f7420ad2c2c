import { expect, test } from "bun:test";

import type { Column } from "./table-text.ts";
import { insertStatements, kindOf, literalOf } from "./table-text.ts";

test.each([
  ["decimal", "number"],
  ["bigint", "number"],
  ["varbinary", "binary"],
  ["longblob", "binary"],
  ["varchar", "text"],
  ["enum", "text"],
  ["datetime", "text"],
  ["json", "text"],
] as const)("%s is written as %s", (type, kind) => {
  expect(kindOf(type)).toBe(kind);
});

test("numbers go as they came, to the last digit", () => {
  const digits = `-${"9".repeat(38)}`;
  expect(literalOf(Buffer.from(digits), "number")).toBe(digits);
});

test("nothing in a text can end it", () => {
  const nasty = "'); drop table holds; -- \\\n\u{1f4a3}";
  const literal = literalOf(Buffer.from(nasty), "text");
  const [, hex = ""] = /^_utf8mb4 x'([0-9a-f]+)'$/.exec(literal) ?? [];
  expect(Buffer.from(hex, "hex").toString()).toBe(nasty);
  expect(literalOf(Buffer.from([0, 255]), "binary")).toBe("x'00ff'");
  expect(literalOf(Buffer.alloc(0), "text")).toBe("_utf8mb4 x''");
  expect(literalOf(null, "text")).toBe("null");
});

const columns: readonly Column[] = [
  { name: "id", kind: "number" },
  { name: "no`te", kind: "text" },
];

async function statementsOf(rows: number, noteBytes: number): Promise<string[]> {
  const note = Buffer.alloc(noteBytes, "n");
  async function* read() {
    for (let id = 0; id < rows; id += 1)
      yield await Promise.resolve([Buffer.from(String(id)), note]);
  }
  let seen = 0;
  const table = { database: "exchange_x", table: "notes", columns };
  const statements = await Array.fromAsync(insertStatements(table, read(), () => void (seen += 1)));
  expect(seen).toBe(rows);
  return statements;
}

test("rows are gathered into statements of a line each", async () => {
  expect(await statementsOf(0, 1)).toEqual([]);
  expect(await statementsOf(2, 1)).toEqual([
    "insert into `exchange_x`.`notes` (`id`,`no``te`) values (0,_utf8mb4 x'6e'),(1,_utf8mb4 x'6e')\n",
  ]);
  const many = await statementsOf(50, 20_000);
  expect(many.length).toBeGreaterThan(5);
  expect(many.join("").match(/\(\d+,/g)).toHaveLength(50);
});
