/**
 * Redis as a store that survives a crash and never forgets to make room, with a user for each service: the keys it
 * works on and the commands it sends, also from its scripts.
 */

import { createHash } from "node:crypto";

import { type RedisUser, redisUsers } from "./secrets.ts";

export interface RedisConfigInput {
  readonly bind: string;
  readonly port: number;
  readonly folder: string;
  readonly passwords: Readonly<Record<RedisUser, string>>;
}

/** What a client asks on its way in. */
const connecting = "+hello +auth +select +info +ping +quit +client|setname";

const rights: Readonly<Record<RedisUser, string>> = {
  // The operator's own, and the one that Redis takes a login without a name for.
  root: "~* &* +@all",
  gateway: `~gateway:limit:* ${connecting} +eval +evalsha +set +incrby +pttl +expire`,
  identity: `~identity:* ${connecting} +multi +exec +exists +get +set +del +incr +decr`,
  wallet: `~wallet:lock:* ${connecting} +eval +set +get +del +pexpire +time`,
  market: [
    `~market:{* ${connecting} +multi +exec +eval +del`,
    "+hset +hdel +hmget +hgetall",
    "+zadd +zrem +zrange +zremrangebyrank",
  ].join(" "),
  ops: `%R~market:{* ${connecting} +multi +exec +hgetall +zrange`,
};

export function renderRedisConfig({ bind, port, folder, passwords }: RedisConfigInput): string {
  const users = redisUsers.map((user) => {
    const hash = createHash("sha256").update(passwords[user]).digest("hex");
    return `user ${redisUserName(user)} reset on #${hash} ${rights[user]}`;
  });
  return `bind ${bind}
port ${port}
dir ${JSON.stringify(folder)}
${users.join("\n")}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`;
}

export function redisUserName(user: RedisUser): string {
  return user === "root" ? "default" : user;
}
