/** Hashing passwords, a few at a time: each costs 20 MB and 50 ms of a core that orders need as well. */

const ALGORITHM = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;
const RUNNING_MAX = 2;
/** About a second of work on two cores. */
const WAITING_MAX = 32;

export type Hashed<Value> =
  | { readonly kind: "done"; readonly value: Value }
  /** Too many wait already; nothing was done. */
  | { readonly kind: "busy" };

export interface Passwords {
  hash(password: string): Promise<Hashed<string>>;
  /** Takes as long without a hash, so that nobody learns who has an account. Never true then. */
  verify(password: string, hash: string | undefined): Promise<Hashed<boolean>>;
}

export async function createPasswords(): Promise<Passwords> {
  const nobodysHash = await Bun.password.hash(crypto.randomUUID(), ALGORITHM);
  const limited = createLimiter();
  return {
    hash: (password) => limited(() => Bun.password.hash(password, ALGORITHM)),
    verify: (password, hash) =>
      limited(async () => {
        // The library refuses the empty text before it does any work.
        const matches = await Bun.password.verify(password || " ", hash ?? nobodysHash);
        return matches && hash !== undefined && password !== "";
      }),
  };
}

export type Limiter = <Value>(work: () => Promise<Value>) => Promise<Hashed<Value>>;

/** Runs two at once, lets a few wait in order of arrival, and turns the rest away. */
export function createLimiter(): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (running >= RUNNING_MAX) {
      if (waiting.length >= WAITING_MAX) return { kind: "busy" };
      // Whoever ends hands its place over, so that a newcomer cannot slip in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return { kind: "done", value: await work() };
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
