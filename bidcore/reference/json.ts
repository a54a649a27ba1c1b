// A plain JSON reader that keeps what JSON.parse loses: the raw text of strings and numbers (ids are answered byte for
// byte) and which value of a repeated key came last. It takes exactly the texts JSON.parse takes; a test holds the two
// against each other. No recursion, so a body may nest as deep as it is long.

export type Json = JsonNull | JsonBoolean | JsonNumber | JsonString | JsonArray | JsonObject;
export interface JsonNull {
  readonly kind: 'null';
}
export interface JsonBoolean {
  readonly kind: 'boolean';
  readonly value: boolean;
}
export interface JsonNumber {
  readonly kind: 'number';
  readonly value: number;
  /** As it stands in the body. */
  readonly raw: string;
}
export interface JsonString {
  readonly kind: 'string';
  readonly value: string;
  /** As it stands in the body, quotes and escapes included. */
  readonly raw: string;
}
export interface JsonArray {
  readonly kind: 'array';
  readonly items: Json[];
}
export interface JsonObject {
  readonly kind: 'object';
  /** The last value of each key, by the key with its escapes resolved. */
  readonly members: Map<string, Json>;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** True if the text as a whole is a JSON number, without spaces. */
export function isJsonNumber(text: string): boolean {
  return matchAt(NUMBER, text, 0) === text.length && text !== '';
}

/**
 * Reads one JSON text.
 * @returns undefined if it is not JSON
 */
export function readJson(text: string): Json | undefined {
  const scanner = new Scanner(text);
  // Open containers, outermost first, and for each open object the key whose value comes next.
  const open: (JsonArray | JsonObject)[] = [];
  const keys: string[] = [];
  for (;;) {
    // A value stands here: a container is opened (unless it is empty), anything else is read whole.
    scanner.skipSpace();
    let value: Json | undefined;
    if (scanner.take('{')) {
      value = { kind: 'object', members: new Map() };
      if (!scanner.takeSpaced('}')) {
        const key = scanner.key();
        if (key === undefined) return undefined;
        open.push(value);
        keys.push(key);
        continue;
      }
    } else if (scanner.take('[')) {
      value = { kind: 'array', items: [] };
      if (!scanner.takeSpaced(']')) {
        open.push(value);
        continue;
      }
    } else {
      value = scanner.scalar();
    }
    if (value === undefined) return undefined;

    // The value is complete: put it into its container, and close all containers that end here.
    for (;;) {
      const parent = open.at(-1);
      if (parent === undefined) return scanner.atEnd() ? value : undefined;
      if (parent.kind === 'array') parent.items.push(value);
      else parent.members.set(keys.pop() as string, value);
      if (scanner.takeSpaced(',')) {
        if (parent.kind === 'object') {
          const key = scanner.key();
          if (key === undefined) return undefined;
          keys.push(key);
        }
        break;
      }
      if (!scanner.takeSpaced(parent.kind === 'array' ? ']' : '}')) return undefined;
      open.pop();
      value = parent;
    }
  }
}

/** End of the match of a sticky expression at a place, or -1. */
function matchAt(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : -1;
}

/** A place in the text that moves forward. */
class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  skipSpace(): void {
    // The common case, no space, is left to one comparison: all JSON whitespace is at or below U+0020.
    if (this.text.charCodeAt(this.at) <= 0x20) this.at = matchAt(SPACE, this.text, this.at);
  }

  atEnd(): boolean {
    this.skipSpace();
    return this.at === this.text.length;
  }

  take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  takeSpaced(character: string): boolean {
    this.skipSpace();
    return this.take(character);
  }

  /** A key and the colon behind it. */
  key(): string | undefined {
    this.skipSpace();
    const key = this.string();
    return key !== undefined && this.takeSpaced(':') ? key.value : undefined;
  }

  scalar(): Json | undefined {
    switch (this.text[this.at]) {
      case '"':
        return this.string();
      case 't':
        return this.word('true') ? { kind: 'boolean', value: true } : undefined;
      case 'f':
        return this.word('false') ? { kind: 'boolean', value: false } : undefined;
      case 'n':
        return this.word('null') ? { kind: 'null' } : undefined;
      default:
        return this.number();
    }
  }

  private word(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private number(): JsonNumber | undefined {
    const end = matchAt(NUMBER, this.text, this.at);
    if (end < 0) return undefined;
    const raw = this.text.slice(this.at, end);
    this.at = end;
    return { kind: 'number', value: Number(raw), raw };
  }

  private string(): JsonString | undefined {
    if (this.text[this.at] !== '"') return undefined;
    let escaped = false;
    let at = this.at + 1;
    for (;;) {
      const code = this.text.charCodeAt(at); // NaN at the end of the text
      if (code === 0x22) break;
      if (code === 0x5c) {
        escaped = true;
        at = matchAt(ESCAPE, this.text, at);
        if (at < 0) return undefined;
      } else if (code >= 0x20) {
        at++;
      } else {
        return undefined; // a control character, or no end
      }
      if (at >= this.text.length) return undefined;
    }
    const raw = this.text.slice(this.at, at + 1);
    this.at = at + 1;
    return { kind: 'string', value: escaped ? (JSON.parse(raw) as string) : raw.slice(1, -1), raw };
  }
}
