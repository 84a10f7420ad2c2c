/** `exchange rotate-key`: new access tokens are signed with a new key, and nobody is logged out by it. */

import { readFileSync, statSync } from "node:fs";

import { ACCESS_TOKEN_LIFE_S } from "@exchange/identity/api";
import { z } from "zod";

import { Failure } from "../setup/failure.ts";
import { defaultHome } from "../setup/home.ts";
import { writePrivateFile } from "../setup/private-file.ts";
import { jwtSigningKeyFile, newSigningKey } from "../setup/secrets.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

/** Identity looks for a new key every second; each instance has to publish it before one signs with it. */
const PUBLISHED_WITHIN_MS = 5000;
/** Of clocks that differ. */
const GRACE_MS = 60_000;

const Key = z.looseObject({ kid: z.string().optional() });
const KeyFile = z.union([
  z.object({ keys: z.array(Key).min(1) }).transform(({ keys }) => keys),
  Key.transform((key) => [key]),
]);

export const rotateKey: OperatorVerb = {
  effects: "changes",
  summary: "sign access tokens with a new key",
  help: `Usage: bun run exchange rotate-key [--json]

Publishes a new key, signs with it once every identity process knows it, and keeps the key before: its tokens
are good until they expire. The key before that one goes, so it has to be ${ACCESS_TOKEN_LIFE_S / 60} minutes ago.`,
  run: async (args) => {
    const options = parseOptions(args, {}, []);
    const file = jwtSigningKeyFile(defaultHome());
    const keys = KeyFile.parse(JSON.parse(readFileSync(file, "utf8")));
    const ageMs = Date.now() - statSync(file).mtimeMs;
    if (keys.length > 1 && ageMs < ACCESS_TOKEN_LIFE_S * 1000 + GRACE_MS) {
      throw new Failure("The last rotation is too young: tokens of the key before it are about.");
    }
    const [current] = keys;
    const next = await newSigningKey();
    writePrivateFile(file, `${JSON.stringify({ keys: [current, next] })}\n`);
    await Bun.sleep(PUBLISHED_WITHIN_MS);
    writePrivateFile(file, `${JSON.stringify({ keys: [next, current] })}\n`);
    const said = { signsWith: next.kid, stillGood: current?.kid };
    console.log(
      options.flag("json")
        ? JSON.stringify(said)
        : `Tokens are signed with ${said.signsWith} from now on; those of ${String(said.stillGood)} stay good.`,
    );
    return 0;
  },
};
