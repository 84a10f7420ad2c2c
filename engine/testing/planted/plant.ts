/** Changes the text of modules while they load, so that a test run meets a bug that is in no file. */

import { join } from "node:path";

/** In a file of `engine/`, the only place where `find` stands becomes `replace`. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const engineFolder = join(import.meta.dir, "../..");

/** A failing seed would be kept for ever, and this one fails for a reason that is not in the repository. */
const keepNoSeed: Edit = {
  file: "testing/kept-seeds.ts",
  find: "if (seeds.some(",
  replace: "if (seeds.length >= 0 || seeds.some(",
};

export function plant(edits: readonly Edit[]): void {
  const byPath = Map.groupBy([...edits, keepNoSeed], ({ file }) => join(engineFolder, file));
  for (const [path, changes] of byPath) {
    Bun.plugin({
      name: `planted in ${path}`,
      setup: (build) => {
        build.onLoad({ filter: new RegExp(`^${RegExp.escape(path)}$`) }, async () => ({
          contents: applyEdits(await Bun.file(path).text(), changes),
          loader: "ts",
        }));
      },
    });
  }
}

/** Throws unless each edit has its one place: a bug that is not planted would seem to be caught. */
function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { file, find, replace }) => {
    const places = before.split(find).length - 1;
    if (places !== 1) throw new Error(`${file} has ${places} places for "${find}"`);
    return before.replace(find, () => replace);
  }, text);
}
