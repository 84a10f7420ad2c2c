/** How fast the book is: throughput, time of one message, and what is left on the heap. */

import type { Memory, OrderFlow } from "@exchange/engine/order-flow";
import {
  commandKind,
  createFlow,
  createMemory,
  flag,
  playFlow,
  playMessage,
  prepareMemory,
} from "@exchange/engine/order-flow";

export interface Throughput {
  /** Million messages a second, the median round. */
  readonly wall: number;
  readonly cpu: number;
}

/** One round more than `rounds`, and the first does not count: it is the compiler's. */
export function measureThroughput(
  flow: OrderFlow,
  rounds: number,
  create: () => Memory = newMemory,
): Throughput {
  const wall: number[] = [];
  const cpu: number[] = [];
  const messages = flow.messages - flow.first;
  for (let round = 0; round <= rounds; round += 1) {
    const memory = create();
    const startedUs = process.threadCpuUsage();
    const startedMs = performance.now();
    playFlow(memory, flow);
    const elapsedMs = performance.now() - startedMs;
    const { user, system } = process.threadCpuUsage(startedUs);
    if (round === 0) continue;
    wall.push(messages / elapsedMs / 1000);
    cpu.push(messages / (user + system));
  }
  return { wall: median(wall), cpu: median(cpu) };
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** 99th percentile of timing nothing: what the clock itself costs. */
  readonly emptyP99: number;
}

/** Of one message, ns. */
export function measureLatency(flow: OrderFlow): Latency {
  const memory = newMemory();
  const timesNs = new Float64Array(flow.messages);
  for (let row = 0; row < flow.messages; row += 1) {
    const startedNs = Bun.nanoseconds();
    playMessage(memory, flow, row);
    timesNs[row] = Bun.nanoseconds() - startedNs;
  }
  const emptyNs = new Float64Array(flow.messages);
  for (let row = 0; row < flow.messages; row += 1) {
    const startedNs = Bun.nanoseconds();
    emptyNs[row] = Bun.nanoseconds() - startedNs;
  }
  timesNs.sort();
  emptyNs.sort();
  return {
    p50: at(timesNs, 0.5),
    p99: at(timesNs, 0.99),
    p999: at(timesNs, 0.999),
    max: timesNs.at(-1) ?? 0,
    emptyP99: at(emptyNs, 0.99),
  };
}

/** Bytes a message that stay on the heap over at least so many messages, laps of the flow after a warm one. */
export function measureHeapGrowth(flow: OrderFlow, messages: number): number {
  const laps = Math.ceil(messages / flow.messages);
  playFlow(newMemory(), flow);
  const memories = Array.from({ length: laps }, newMemory);
  const before = heapBytes();
  for (const memory of memories) playFlow(memory, flow);
  return (heapBytes() - before) / (laps * flow.messages);
}

/** What so many resting orders take, bytes, over a thousand prices a side. */
export function measureRestingBytes(orders: number): number {
  const flow = createFlow(orders);
  for (let row = 0; row < orders; row += 1) {
    const isBuy = row % 2 === 0;
    flow.kinds[row] = commandKind.place;
    flow.flags[row] = isBuy ? flag.buy : 0;
    flow.prices[row] = isBuy ? 30_000 - (row % 1000) : 30_001 + (row % 1000);
    flow.lots[row] = 1;
  }
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  const memory = newMemory(orders);
  playFlow(memory, flow);
  const bytes = process.memoryUsage().rss - before;
  return memory.eventsEnd > 0 ? bytes : 0;
}

function newMemory(orders = 65_536): Memory {
  const memory = createMemory(orders);
  prepareMemory(memory);
  return memory;
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}

function at(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}
