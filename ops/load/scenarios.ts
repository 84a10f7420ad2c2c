/** What is sent to an exchange, and what has to come of it. For k6 as well, so that nothing is imported here. */

export interface Stage {
  readonly ratePerSecond: number;
  readonly seconds: number;
}

export interface OrderScenario {
  readonly summary: string;
  /** Who trade. */
  readonly accounts: number;
  /** Orders and cancels, one stage after the other. */
  readonly stages: readonly Stage[];
  readonly thresholds: {
    readonly latencyMsP95: number;
    readonly latencyMsP99: number;
    /** Answers that are neither a success nor a cancel that came too late, 0 to 1. */
    readonly failedShareMax: number;
  };
}

export interface FanoutScenario {
  readonly summary: string;
  /** Who listen to a market's trades. */
  readonly clients: number;
  /** Who trade meanwhile. */
  readonly accounts: number;
  readonly stages: readonly Stage[];
  readonly thresholds: {
    /** From the engine's time of a trade to each client. */
    readonly delayMsP95: number;
    readonly delayMsP99: number;
    /** Updates that did not begin where the one before ended, and connections that were cut. */
    readonly lostMax: number;
  };
}

/** What two cores carry beside whoever makes the load. */
export const orderScenarios = {
  steady: {
    summary: "orders and cancels at one rate",
    accounts: 20,
    stages: [{ ratePerSecond: 200, seconds: 60 }],
    thresholds: { latencyMsP95: 250, latencyMsP99: 500, failedShareMax: 0.001 },
  },
  spike: {
    summary: "six times the rate for a while, and back",
    accounts: 20,
    stages: [
      { ratePerSecond: 100, seconds: 15 },
      { ratePerSecond: 600, seconds: 15 },
      { ratePerSecond: 100, seconds: 30 },
    ],
    // What is refused in the spike is refused at once, and told when to come again.
    thresholds: { latencyMsP95: 1000, latencyMsP99: 2000, failedShareMax: 0.02 },
  },
  soak: {
    summary: "fourteen minutes at a moderate rate",
    accounts: 20,
    // As long as the tokens that it begins with: neither driver asks for others.
    stages: [{ ratePerSecond: 100, seconds: 840 }],
    thresholds: { latencyMsP95: 250, latencyMsP99: 500, failedShareMax: 0.001 },
  },
} as const satisfies Record<string, OrderScenario>;

export const fanoutScenario: FanoutScenario = {
  summary: "many WebSocket clients of one market's trades, while it trades",
  clients: 200,
  accounts: 10,
  stages: [{ ratePerSecond: 50, seconds: 60 }],
  thresholds: { delayMsP95: 250, delayMsP99: 500, lostMax: 0 },
};

/** Of every command, how many are cancels. */
export const CANCEL_SHARE = 0.4;

/** Of each account, of both assets: enough for any of these. */
export const FUNDS = "1000000";

/** Where nothing has traded yet. */
export const FIRST_PRICE = 250;

export interface Scale {
  /** All stages together; absent: as long as the scenario says. */
  readonly seconds?: number | undefined;
  /** Rates are multiplied by it. */
  readonly share: number;
}

export function scale(stages: readonly Stage[], { seconds, share }: Scale): Stage[] {
  const whole = stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const stretch = (seconds ?? whole) / whole;
  return stages.map((stage) => ({
    ratePerSecond: Math.max(1, Math.round(stage.ratePerSecond * share)),
    seconds: stage.seconds * stretch,
  }));
}
