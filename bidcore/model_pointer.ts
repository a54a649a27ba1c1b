// Which models the bidders are to have: the pointer that a trainer publishes and every bidder follows, and the names it
// and the models have on the bus. Rules: docs/learning.md section 4.

export interface ModelPointer {
  /** Counts up with every change; a bidder never goes back. */
  readonly sequence: number;
  /** Version of the model that bids. */
  readonly control: number;
  /** Version of a model that takes a share of traffic, 0 to 1, and what decides which. */
  readonly candidate?: { readonly version: number; readonly share: number; readonly salt: number } | undefined;
}

/** Names in the folder `models` of the data folder. */
export const POINTER_FILE = 'live.json';
export const modelFileName = (version: number): string => `${version}.model`;

/** Names in Redis. */
export const modelKeys = (namespace: string) =>
  ({
    live: `{${namespace}:models}:live`,
    blob: (version: number) => `{${namespace}:models}:blob:${version}`,
    channel: `${namespace}:models`,
  }) as const;

export function writePointer(pointer: ModelPointer): string {
  return JSON.stringify(pointer);
}

/** The pointer in a text; undefined if it is none. */
export function readPointer(text: string): ModelPointer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // whatever it is, it is not ours: the caller says so
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { sequence, control, candidate } = value as Record<string, unknown>;
  if (!isCount(sequence, Number.MAX_SAFE_INTEGER) || !isVersion(control)) return undefined;
  if (candidate === undefined) return { sequence, control };
  if (typeof candidate !== 'object' || candidate === null) return undefined;
  const { version, share, salt } = candidate as Record<string, unknown>;
  if (!isVersion(version) || typeof share !== 'number' || !(share >= 0 && share <= 1)) return undefined;
  if (!(salt === 0 || isCount(salt, 2 ** 32 - 1))) return undefined;
  return { sequence, control, candidate: { version, share, salt } };
}

function isVersion(value: unknown): value is number {
  return isCount(value, 2 ** 32 - 1);
}

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}
