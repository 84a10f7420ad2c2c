/** Each command in a runbook exists: its verb, its options, its container. None is run; the pages name the tests that do. */

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { Glob } from "bun";
import { z } from "zod";

import { verbs } from "../cli/verbs.ts";
import { checkout } from "../setup/home.ts";
import { upHelp } from "../setup/options.ts";
import { readCommands } from "./testing/read-commands.ts";

const pages = await Promise.all(
  [...new Glob("*.md").scanSync(import.meta.dir)].map(async (file) => ({
    file,
    text: await Bun.file(join(import.meta.dir, file)).text(),
  })),
);
const commands = pages.flatMap(({ file, text }) =>
  readCommands(text).map((words) => [`${file}: ${words.join(" ")}`, words] as const),
);

const Compose = z.object({ services: z.record(z.string(), z.unknown()) });
const { services: containers } = Compose.parse(
  Bun.YAML.parse(await Bun.file(join(checkout, "docker-compose.yml")).text()),
);

const composeVerbs: Readonly<Record<string, readonly string[]>> = {
  up: ["--build", "--detach"],
  down: [],
  build: [],
  ps: [],
  logs: ["--tail"],
  stop: [],
  restart: [],
  exec: [],
};

/** Every machine that runs the exchange has them; what they are given is the machine's. */
const ofTheMachine = new Set([
  "export",
  "cp",
  "tail",
  "grep",
  "df",
  "du",
  "uptime",
  "git",
  "date",
  "timedatectl",
]);

function checkExchange([name = "", ...args]: readonly string[]): void {
  const help = new Map<string, string>(
    Object.entries(verbs).map(([verb, { help: text }]) => [verb, text]),
  ).get(name);
  if (help === undefined) throw new Error(`there is no verb ${name}`);
  const options = args.filter((word) => word.startsWith("--"));
  expect(options.filter((option) => !hasWord(help, option))).toEqual([]);
  const [first] = args;
  const takesVerb =
    help.includes(`exchange ${name} [list]`) || help.includes(`exchange ${name} show`);
  if (takesVerb && first !== undefined && !first.startsWith("-")) {
    expect(subverbs(name, help)).toContain(first);
  }
}

/** `withdrawals halt|resume --reason` has two. */
function subverbs(name: string, help: string): string[] {
  const found = [...help.matchAll(new RegExp(`exchange ${name} \\[?([a-z|-]+)\\]?`, "g"))];
  return found.flatMap(([, text = ""]) => text.split("|"));
}

function hasWord(text: string, word: string): boolean {
  return new RegExp(`(^|[^\\w-])${word}([^\\w-]|$)`, "m").test(text);
}

function checkCompose([verb = "", ...args]: readonly string[]): void {
  expect(Object.keys(composeVerbs)).toContain(verb);
  const options = args.filter((word) => word.startsWith("--"));
  expect(composeVerbs[verb]).toEqual(expect.arrayContaining(options));
  const named = args.filter((word, index) => /^[a-z]/.test(word) && args[index - 1] !== "--tail");
  // What follows the container's name is run inside it.
  const names = verb === "exec" ? named.slice(0, 1) : named;
  expect(names.filter((name) => !(name in containers))).toEqual([]);
}

function checkCommand(words: readonly string[]): void {
  const [program = "", ...args] = words;
  if (words.slice(0, 3).join(" ") === "bun run exchange") return checkExchange(words.slice(3));
  if (program === "ops/up") {
    expect(args.filter((option) => !hasWord(upHelp, option))).toEqual([]);
  } else if (program === "ops/status" || program === "ops/down") {
    expect(args).toEqual([]);
  } else if (program === "docker") {
    if (args[0] === "compose") checkCompose(args.slice(1));
    else expect(args).toEqual(["system", "df"]);
  } else if (program !== "nats") {
    // What `nats` is given, ops/nats/nats-cli.full-e2e.test.ts checks with the program itself.
    expect(ofTheMachine).toContain(program);
  }
}

test.each(commands)("%s", (_, words) => checkCommand(words));

test.each([
  "bun run exchange markte halt",
  "bun run exchange market hlat BTC-USD",
  "bun run exchange audit --marker BTC-USD",
  "bun run exchange withdrawals stop --reason x --operator y",
  "ops/up --detatch",
  "docker compose logs --tail 20 walet",
  "docker compose start wallet",
  "rm -rf .exchange",
])("a wrong command is noticed: %s", (text) => {
  expect(() => checkCommand(text.split(" "))).toThrow();
});

test.each(pages.map(({ file, text }) => [file, text] as const))(
  "what %s refers to is there",
  (_, text) => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(join(import.meta.dir, path)))).toEqual([]);
    const files = [...text.matchAll(/`((?:ops|engine|services|gateway)\/[\w./-]+\.ts)`/g)];
    const absent = files
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(join(checkout, path)));
    expect(absent).toEqual([]);
  },
);

test("the list of pages names each of them", async () => {
  const list = await Bun.file(join(import.meta.dir, "README.md")).text();
  const others = pages.map(({ file }) => file).filter((file) => file !== "README.md");
  expect(others.filter((file) => !list.includes(`[${file}](${file})`))).toEqual([]);
  expect(
    others.filter((file) => !pages.find((page) => page.file === file)?.text.includes("Tested by")),
  ).toEqual([]);
});
