import { expect, test } from "bun:test";

import { isBetween, readFlavour } from "./toolchain.ts";

test.each([
  ["nats-server: v2.15.1", true],
  ["nats-server: v2.12.0", true],
  ["nats-server: v2.9.10", false],
  ["nats-server: v3.0.0", true],
  ["no version at all", false],
])("%j is a NATS server of 2.12 or newer: %j", (text, expected) => {
  expect(isBetween(text, [2, 12], [9, 0])).toBe(expected);
});

test.each([
  ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", true],
  ["Redis server v=8.2.1 sha=00000000:0", true],
  ["Redis server v=6.2.6 sha=00000000:0", false],
])("%j is a Redis of 7 or 8: %j", (text, expected) => {
  expect(isBetween(text, [7, 0], [9, 0])).toBe(expected);
});

test.each([
  ["mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu", "mariadb"],
  ["mysqld  Ver 11.4.2-MariaDB for Linux", "mariadb"],
  ["mysqld  Ver 10.5.1-MariaDB for Linux", undefined],
  ["mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", "mysql"],
  ["/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))", "mysql"],
  ["mysqld  Ver 5.7.44 for Linux on x86_64", undefined],
] as const)("%j is %j", (text, expected) => {
  expect(readFlavour(text)).toBe(expected);
});
