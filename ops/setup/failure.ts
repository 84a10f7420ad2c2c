/** What a person at the keyboard can act on: printed as one line, without a stack. */

export class Failure extends Error {
  override readonly name = "Failure";
}

/** Runs a command and turns its outcome into an exit code and at most one line on stderr. */
export async function runCommand(command: () => Promise<number>): Promise<never> {
  try {
    process.exit(await command());
  } catch (error) {
    console.error(explain(error));
    process.exit(1);
  }
}

/** One line for a failure of ours or of the operating system; the stack for anything else, which is a bug. */
export function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (!(error instanceof Error)) return String(error);
  const path = "path" in error && typeof error.path === "string" ? error.path : "a file";
  switch ("code" in error ? error.code : undefined) {
    case "EACCES":
    case "EPERM":
      return `No right to use ${path}: it belongs to another user or is read-only.`;
    case "EROFS":
      return `Cannot write ${path}: the file system is read-only.`;
    case "ENOENT":
    case "ENOTDIR":
    case "EEXIST":
      return `Cannot use ${path}: it is not there, or not a folder.`;
    case "ENOSPC":
    case "EDQUOT":
      return `The disk is full: cannot write ${path}.`;
    default:
      return error.stack ?? error.message;
  }
}
