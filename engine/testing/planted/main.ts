/** `bun engine/testing/planted/main.ts`: plants each bug in turn and prints the test that catches it. */

import { plantedBugs } from "./bugs.ts";
import { catchBug } from "./catch-bugs.ts";

let missed = 0;
for (const bug of plantedBugs) {
  const caught = await catchBug(bug);
  if (caught === undefined) missed += 1;
  const where = bug.edits.map(({ file }) => file)[0];
  const others = caught === undefined ? 0 : caught.tests.length - 1;
  const verdict =
    caught === undefined
      ? "NOT CAUGHT"
      : `${caught.suite}: ${caught.tests[0]}${others === 0 ? "" : ` (and ${others} more)`}`;
  process.stdout.write(`${bug.name} (${where})\n    ${verdict}\n`);
}
process.stdout.write(`${plantedBugs.length - missed} of ${plantedBugs.length} bugs are caught\n`);
process.exitCode = missed === 0 ? 0 : 1;
