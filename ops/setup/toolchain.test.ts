import { expect, test } from "bun:test";

import { isWanted } from "./toolchain.ts";

const nats = { from: [2, 12] } as const;
const redis = { from: [7, 0], below: [9, 0] } as const;
const mariadb = { from: [10, 11], flavour: "MariaDB" } as const;
const mysql = { from: [8, 0], below: [10, 0] } as const;

test.each([
  ["nats-server: v2.15.1", nats, true],
  ["nats-server: v2.9.10", nats, false],
  ["nats-server: v3.0.0", nats, true],
  ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", redis, true],
  ["Redis server v=6.2.6 sha=00000000:0", redis, false],
  ["mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu", mariadb, true],
  ["mysqld  Ver 10.5.1-MariaDB for Linux", mariadb, false],
  ["mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", mariadb, false],
  ["mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", mysql, true],
  ["mysqld  Ver 5.7.44 for Linux on x86_64", mysql, false],
  ["no version at all", nats, false],
])("%j against %j is %j", (text, wanted, expected) => {
  expect(isWanted(text, wanted)).toBe(expected);
});
