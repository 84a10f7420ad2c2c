/** Redis as a store that survives a crash and never forgets to make room. */

export interface RedisConfigInput {
  readonly bind: string;
  readonly port: number;
  readonly folder: string;
  readonly password: string;
}

export function renderRedisConfig({ bind, port, folder, password }: RedisConfigInput): string {
  return `bind ${bind}
port ${port}
dir ${JSON.stringify(folder)}
requirepass ${password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`;
}
