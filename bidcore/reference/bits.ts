// The bits of a base64url text, six a character, the first bit of a number its highest: what consent strings are
// written in (IAB TCF 2, GPP).

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((character, value) => [character, value]));

const BITS_A_CHARACTER = 6;

/** Reads bits from front to back. What is read past the end is 0, and `ended` tells it. */
export class BitReader {
  at = 0;
  ended = false;

  private constructor(private readonly sextets: Uint8Array) {}

  /** Undefined unless the text has a character, and base64url characters only. */
  static of(text: string): BitReader | undefined {
    if (!/^[\w-]+$/.test(text)) return undefined;
    return new BitReader(Uint8Array.from(text, (character) => VALUES.get(character) as number));
  }

  get length(): number {
    return this.sextets.length * BITS_A_CHARACTER;
  }

  /** The next bits as an unsigned number. */
  number(bits: number): number {
    const value = this.numberAt(this.at, bits);
    this.skip(bits);
    return value;
  }

  bit(): boolean {
    return this.number(1) === 1;
  }

  skip(bits: number): void {
    this.at += bits;
    if (this.at > this.length) this.ended = true;
  }

  /** Bits anywhere; the place of the reader stays. */
  numberAt(at: number, bits: number): number {
    let value = 0;
    for (let i = at; i < at + bits; i++) {
      const sextet = this.sextets[Math.floor(i / BITS_A_CHARACTER)] ?? 0;
      value = value * 2 + ((sextet >> (BITS_A_CHARACTER - 1 - (i % BITS_A_CHARACTER))) & 1);
    }
    return value;
  }
}
