/** `exchange audit-trail`: what operators and users did that matters, who, when, from where and why. */

import { withExchange } from "../exchange/connect.ts";
import { defaultHome } from "../setup/home.ts";
import type { Deed } from "../trail/read-trail.ts";
import { readTrail } from "../trail/read-trail.ts";
import { handOver } from "../trail/record-use.ts";
import type { OperatorVerb } from "./effect.ts";
import { findUser } from "./find-user.ts";
import { parseOptions, UsageError } from "./options.ts";

/** Between a host's clock and the database's, with the way between them: more is worth saying. */
const CLOCKS_APART_MS = 5000;

type Command = Extract<Deed, { kind: "operator" }>;

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export const auditTrail: OperatorVerb = {
  effects: "reads",
  summary: "show what operators and users did, who, when, from where and why",
  help: `Usage: bun run exchange audit-trail [--user USER] [--since TIME] [--json]

Prints the operators' commands that change something, also those that failed or were refused, and the security events of
users (logins, passwords, second factors, keys), the oldest first. A command is noted before it begins and when it
ended: one without an end runs still, or died. Nobody can change or delete a note, and each has the hash of all before
it, which "exchange audit" checks. An operator is who --operator or EXCHANGE_OPERATOR names, or else the machine's user; that user, the host
and the terminal with its SSH connection are kept beside. Secrets in arguments are not kept.

While MySQL is away notes wait in the folder data/operator-trail of EXCHANGE_HOME: a market can be halted all the same.
Each line begins with when MySQL noted it, by its clock, and so does the order of lines. Where the clock of the host that
a command ran on says otherwise by more than 5 s, because MySQL was away or a clock is wrong, its line says when that was.

  --user USER    an e-mail or a user's id: what they did, and commands that name them
  --since TIME   noted since 2026-11-23T08:00:00Z, or 30m, 12h, 7d ago
  --json         one JSON object a line; of a command timeMs and endedMs are when MySQL noted it and its end, hostTimeMs
                 and endedHostTimeMs when they were by the host's clock`,
  run: async (args) => {
    const options = parseOptions(args, { user: "string", since: "string" }, []);
    const sinceMs = parseSince(options.text("since") ?? "1970-01-01T00:00:00Z");
    await withExchange(async (exchange) => {
      const { mysqlUrl } = exchange.running;
      const name = options.text("user");
      const user = name === undefined ? undefined : await findUser(exchange, name);
      await handOver(mysqlUrl, defaultHome(), []);
      for await (const deed of readTrail(mysqlUrl, { user, sinceMs })) {
        console.log(options.flag("json") ? JSON.stringify(deed) : formatDeed(deed));
      }
    });
    return 0;
  },
};

function parseSince(text: string): number {
  const { count, unit = "" } = /^(?<count>\d{1,6})(?<unit>[mhd])$/.exec(text)?.groups ?? {};
  const ms =
    count === undefined ? Date.parse(text) : Date.now() - Number(count) * (unitMs[unit] ?? 0);
  if (Number.isNaN(ms))
    throw new UsageError(`${text} is no time. Like this: 2026-11-23T08:00:00Z or 12h`);
  return ms;
}

/** One line. */
export function formatDeed(deed: Deed): string {
  const time = formatTime(deed.timeMs);
  if (deed.kind === "security") {
    const { email, deed: done, subject, network } = deed;
    const from = network === "" ? "" : `  from ${network}`;
    return `${time}  ${email}  ${`${done} ${subject}`.trimEnd()}${from}`;
  }
  const { operator, osUser, host, origin, reason } = deed;
  const words = [deed.verb, ...deed.arguments.map(quoted)].join(" ");
  const from = `${osUser}@${host}${origin === "" ? "" : ` ${origin}`}`;
  const why = reason === "" ? "" : `: ${reason}`;
  return `${time}  operator ${operator}  ${words}  from ${from}  ${formatClocks(deed)}${formatEnd(deed)}${why}`;
}

/** Empty where they agree. */
function formatClocks(command: Command): string {
  const { timeMs, hostTimeMs, endedMs = 0, endedHostTimeMs = 0, host } = command;
  const said = [
    ...formatApart("began", hostTimeMs, timeMs),
    ...formatApart("ended", endedHostTimeMs, endedMs),
  ];
  return said.length === 0 ? "" : `by ${host}'s clock it ${said.join(", ")}  `;
}

function formatApart(what: string, hostTimeMs: number, notedMs: number): string[] {
  if (Math.abs(hostTimeMs - notedMs) <= CLOCKS_APART_MS) return [];
  return [`${what} at ${formatTime(hostTimeMs)}, noted at ${formatTime(notedMs)}`];
}

function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function formatEnd({ exitCode, detail = "" }: Command): string {
  if (exitCode === undefined) return "has not ended";
  if (exitCode === 0) return "done";
  return detail === "" ? `exit ${exitCode}` : `exit ${exitCode} (${detail})`;
}

function quoted(word: string): string {
  return /^[\w@.,:=/+-]+$/.test(word) ? word : JSON.stringify(word);
}
