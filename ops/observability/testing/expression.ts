/** Which series and labels a Prometheus expression asks for. Whether it is one at all, promtool says. */

export interface Asked {
  readonly series: readonly string[];
  readonly labels: readonly string[];
}

const words = new Set(["and", "or", "unless", "by", "without", "on", "ignoring", "offset"]);

export function readExpression(expression: string): Asked {
  const labels: string[] = [];
  const rest = expression
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\{([^}]*)\}/g, (_, matchers: string) => {
      labels.push(
        ...[...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name = ""]) => name),
      );
      return " ";
    })
    .replaceAll(/\b(by|without|on|ignoring)\s*\(([^)]*)\)/g, (_, _word, names: string) => {
      labels.push(...names.split(",").map((name) => name.trim()));
      return " ";
    })
    // Ranges, and the durations that follow `offset`.
    .replaceAll(/\[[^\]]*\]|\b\d[\w.]*/g, " ");
  const series = [...rest.matchAll(/[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !words.has(name));
  return { series, labels };
}
