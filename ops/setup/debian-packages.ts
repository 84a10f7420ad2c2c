/**
 * Unpacks Debian packages into a private folder with the machine's own apt: signatures are checked,
 * no root is needed, and nothing outside the folder changes.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { writePrivateFile } from "./private-file.ts";
import { runProgram, tellingLine } from "./run-program.ts";

export interface PackageRequest {
  /** A Debian release, or `own` for the package sources this machine uses already. */
  readonly suite: string;
  /** `a|b` takes the first of the names that exists; `?a` is left out when it does not exist. */
  readonly packages: readonly string[];
  /** The packages' files land here as they would under `/`. */
  readonly folder: string;
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Undefined on success, else the reason in a line. */
export async function unpackPackages(request: PackageRequest): Promise<string | undefined> {
  if (Bun.which("apt-get") === null || Bun.which("dpkg-deb") === null) {
    return "this is not a Debian-like system (no apt-get)";
  }
  mkdirSync(request.folder, { recursive: true });
  const work = mkdtempSync(join(request.folder, ".apt-"));
  try {
    return await unpackInto(work, request);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function unpackInto(
  work: string,
  { suite, packages, folder }: PackageRequest,
): Promise<string | undefined> {
  const options = await aptOptions(work, suite);
  if (typeof options === "string") return options;
  const update = await runProgram(["apt-get", ...options, "update"]);
  if (update.exitCode !== 0) return `apt-get update: ${tellingLine(update.output)}`;

  const names = await chooseNames(options, packages);
  const download = await runProgram(["apt-get", ...options, "download", ...names], { cwd: work });
  if (download.exitCode !== 0) return `apt-get download: ${tellingLine(download.output)}`;
  for (const name of readdirSync(work).filter((file) => file.endsWith(".deb"))) {
    const unpack = await runProgram(["dpkg-deb", "-x", join(work, name), folder]);
    if (unpack.exitCode !== 0) return `dpkg-deb ${name}: ${tellingLine(unpack.output)}`;
  }
  return undefined;
}

async function aptOptions(work: string, suite: string): Promise<string[] | string> {
  mkdirSync(join(work, "lists/partial"), { recursive: true });
  mkdirSync(join(work, "cache/archives/partial"), { recursive: true });
  const { output: user } = await runProgram(["id", "-un"]);
  const options = [
    `Dir::State::lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    "Acquire::Languages=none",
    // A mirror that lags behind is refused as expired otherwise; signatures are still checked.
    "Acquire::Check-Valid-Until=false",
    `APT::Sandbox::User=${user.trim()}`,
    "APT::Update::Post-Invoke-Success::=",
  ];
  if (suite !== "own") {
    const mirror = readMirror();
    if (mirror === undefined || !existsSync(keyring)) return "this machine has no Debian mirror";
    const list = join(work, "sources.list");
    writePrivateFile(list, `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
    options.push(`Dir::Etc::sourcelist=${list}`, "Dir::Etc::sourceparts=/dev/null");
  }
  return ["-q", ...options.flatMap((option) => ["-o", option])];
}

async function chooseNames(options: string[], packages: readonly string[]): Promise<string[]> {
  const wanted = packages.map((text) => text.replace("?", "").split("|"));
  const { output } = await runProgram(["apt-cache", ...options, "policy", ...wanted.flat()]);
  const available = new Set(
    [...output.matchAll(/^(\S+):\n.*\n +\S+ (?!\(none\))/gm)].map(([, name]) => name),
  );
  return wanted.flatMap((names, index) => {
    const name = names.find((candidate) => available.has(candidate));
    if (name !== undefined) return [name];
    return packages[index]?.startsWith("?") ? [] : names.slice(0, 1);
  });
}

/** The mirror that this machine uses already, so that no host is written down here. */
function readMirror(): string | undefined {
  const parts = "/etc/apt/sources.list.d";
  const files = [
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
    "/etc/apt/sources.list",
  ].filter((path) => /\.(sources|list)$/.test(path) && existsSync(path));
  const mirrors = files.flatMap((path) => {
    const text = readFileSync(path, "utf8");
    return [...text.matchAll(/^(?:URIs: *|deb (?:\[[^\]]*\] )?)(\S+)/gm)].map(([, uri]) => uri);
  });
  return mirrors.find((uri) => uri?.endsWith("/debian") || uri?.endsWith("/debian/")) ?? mirrors[0];
}
