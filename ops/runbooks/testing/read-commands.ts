/** The commands in a page's blocks for a shell, each as its words. */

export function readCommands(page: string): string[][] {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
  return blocks
    .flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
    .map(splitWords)
    .filter((words) => words.length > 0);
}

/** As a shell splits them, as far as the pages need it: quotes hold words together, `#` begins a comment. */
function splitWords(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
  const comment = words.indexOf("#");
  return comment === -1 ? words : words.slice(0, comment);
}
