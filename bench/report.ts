// What a run prints. As a table: figures with their notes, in the order they were taken. With --json: one object a
// line on standard output and nothing else there. Progress and hashes always go to standard error.

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the figure means or leaves out, for the table. */
  readonly note?: string;
}

/** A hash of what a benchmark computed. */
export interface Work {
  readonly benchmark: string;
  readonly hash: string;
  readonly what: string;
}

export class Report {
  readonly figures: Figure[] = [];
  readonly works: Work[] = [];

  constructor(
    private readonly json: boolean,
    private readonly quiet = false,
  ) {}

  figure(name: string, value: number, unit: string, note?: string): void {
    const figure: Figure = { name, value: Number(value.toPrecision(6)), unit, ...(note === undefined ? {} : { note }) };
    this.figures.push(figure);
    if (this.json) process.stdout.write(`${JSON.stringify({ name, value: figure.value, unit })}\n`);
    else this.progress(`  ${name} ${format(figure.value)} ${unit}`);
  }

  work(benchmark: string, hash: string, what: string): void {
    this.works.push({ benchmark, hash, what });
    this.progress(`  work of ${benchmark}: ${hash} (${what})`);
  }

  progress(text: string): void {
    if (!this.quiet) process.stderr.write(`${text}\n`);
  }

  /** Prints the table; with --json there is nothing left to print. */
  close(): void {
    if (this.json || this.quiet) return;
    const width = Math.max(...this.figures.map((figure) => figure.name.length), 4);
    const lines = this.figures.map(({ name, value, unit, note }) =>
      `${name.padEnd(width)}  ${format(value).padStart(12)} ${unit.padEnd(11)} ${note ?? ''}`.trimEnd(),
    );
    const works = this.works.map(
      ({ benchmark, hash, what }) => `work ${benchmark.padEnd(width - 5)}  ${hash}  ${what}`,
    );
    process.stdout.write(`${[...lines, '', ...works].join('\n')}\n`);
  }
}

function format(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
