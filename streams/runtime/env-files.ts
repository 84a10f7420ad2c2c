/** Variables that come from files: `NAME_FILE` names one with the value of `NAME`, as containers are given secrets. */

import { readFileSync } from "node:fs";

type Source = Readonly<Record<string, string | undefined>>;

/**
 * The source with the values of files, for names of the shape. The newline that ends a file is no part of the value.
 * Throws with all files that cannot be read, by their variables, and with names that are given both ways.
 */
export function withFiles(shape: Readonly<Record<string, unknown>>, source: Source): Source {
  const found: Record<string, string | undefined> = { ...source };
  const problems: string[] = [];
  for (const name of Object.keys(shape)) {
    const fileName = `${name}_FILE`;
    const path = source[fileName];
    if (path === undefined || Object.hasOwn(shape, fileName)) continue;
    if (source[name] !== undefined) {
      problems.push(`${name} and ${fileName} cannot both be set`);
      continue;
    }
    try {
      found[name] = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      problems.push(`${fileName}: ${error instanceof Error ? error.message : "it cannot be read"}`);
    }
  }
  if (problems.length > 0) throw new Error(`invalid environment\n${problems.join("\n")}`);
  return found;
}
