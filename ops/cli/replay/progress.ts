/** A progress bar on a terminal; nothing anywhere else. */

export interface Progress {
  show(done: number): void;
  /** Leaves the line for what comes next. */
  end(): void;
}

const REDRAW_MS = 100;
const BAR_WIDTH = 30;

export function createProgress(label: string, total: number): Progress {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  const startedMs = performance.now();
  let drawnMs = 0;
  const draw = (done: number, nowMs: number): void => {
    drawnMs = nowMs;
    process.stderr.write(
      `\r${formatProgress({ label, done, total, elapsedMs: nowMs - startedMs })}`,
    );
  };
  return {
    show(done) {
      const nowMs = performance.now();
      if (done === total || nowMs - drawnMs > REDRAW_MS) draw(done, nowMs);
    },
    end: () => void process.stderr.write("\r\u001B[K"),
  };
}

export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
}

export function formatProgress({ label, done, total, elapsedMs }: ProgressState): string {
  const share = total === 0 ? 1 : done / total;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = `${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}`;
  const rate = elapsedMs === 0 ? 0 : Math.round((done / elapsedMs) * 1000);
  const leftS = done === 0 ? "?" : String(Math.ceil((elapsedMs * (total - done)) / done / 1000));
  return `${label} [${bar}] ${done}/${total}  ${rate}/s  ${leftS} s left`;
}
