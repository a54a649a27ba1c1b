// Writes generated.ts, the hashes of the memory map and of the model layout, and keys.ts, a perfect hash of the JSON
// keys the scanner knows. `node assembly/generate.mjs --check` fails when a file is not what this would write.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const KEYS = `acat api app asi assets at audio badv banner bapp battr bcat bidfloor bidfloorcur bseat btype bundle
buyeruid carrier cat cattax city companionad complete connectiontype consent coppa country cur data
deals device devicetype dnt domain dooh durfloors event eventtrackers ext format gdpr geo gpp gpp_sid h
hmin hratio id ifa img imp instl ip language len linearity lmt maxdur maxduration maxseq methods mimes
mincpmpersec mindur minduration multiplier native nodes os page placement plcmt pmp poddur podid pos
prebid private_auction protocol protocols publisher qty region regs request required rqddurs rwdd schain
secure segment sid site skip source tagid test title tmax type ua us_privacy user video w wadomain wmin
wratio wseat zip`.split(/\s+/);
/** The one key of more than 16 bytes that somebody reads. */
const LONG_KEY = 'is_rewarded_inventory';
/** Slots of the table, as a power of two. */
const SLOT_BITS = 9;

/** First 32 bits of the SHA-256 of a file's `export const` lines: comments and order of blank lines do not count. */
function layoutHash(...files) {
  const lines = files.flatMap((file) =>
    readFileSync(new URL(file, here), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('export const')),
  );
  const code = lines.map((line) => line.replace(/\s*\/\/.*$/, '')).join('\n');
  return createHash('sha256').update(code).digest().readUInt32LE(0) | 0;
}

/** A key of up to 8 bytes is its bytes; of 9 to 16, the first 8 times an odd number, xor the last 8. See scan.ts. */
function keyCode(key) {
  const bytes = Buffer.from(key);
  if (bytes.length > 16) throw new Error(`key ${key} is longer than 16 bytes`);
  const word = (slice) => Buffer.concat([slice, Buffer.alloc(8)]).readBigUInt64LE(0);
  if (bytes.length <= 8) return word(bytes);
  const long = word(bytes.subarray(0, 8)) * 0x9e3779b97f4a7c15n;
  return BigInt.asUintN(64, long ^ word(bytes.subarray(bytes.length - 8)));
}

/** What the module and the code around it must agree on. */
const LAYOUT = ['limits.ts', 'memory_map.ts', 'model_layout.ts', 'pieces.ts', 'reasons.ts'];

const codes = new Set(KEYS.map(keyCode));
if (codes.size !== KEYS.length) throw new Error('two keys share a code');
const text = `// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = ${layoutHash(...LAYOUT)};
export const MODEL_LAYOUT_HASH: i32 = ${layoutHash('model_layout.ts')};
`;

function slotOf(code, multiplier) {
  return Number(BigInt.asUintN(64, code * multiplier) >> BigInt(64 - SLOT_BITS));
}

/**
 * An odd multiplier that sends every code to a slot of its own. Counted up from a fixed start: always the
 * same.
 */
function perfectMultiplier(codes) {
  for (let n = 0n; ; n++) {
    const multiplier = BigInt.asUintN(64, 0x9e3779b97f4a7c15n * (2n * n + 1n)) | 1n;
    if (new Set(codes.map((code) => slotOf(code, multiplier))).size === codes.length) return multiplier;
  }
}

const multiplier = perfectMultiplier([...codes]);
const slots = new Array(2 ** SLOT_BITS).fill(0);
KEYS.forEach((key, i) => {
  slots[slotOf(keyCode(key), multiplier)] = i + 1;
});
const rows = (values, width) =>
  Array.from(
    { length: Math.ceil(values.length / width) },
    (_, i) => `  ${values.slice(i * width, (i + 1) * width).join(', ')},`,
  ).join('\n');
const longWord = (from) => Buffer.from(LONG_KEY).readBigUInt64LE(from);
const hex = (n) => `0x${n.toString(16).padStart(16, '0')}`;
const keys = `// Written by generate.mjs. Do not edit. The JSON keys the scanner knows, and their perfect hash.

${KEYS.map((key, i) => `export const KEY_${key.toUpperCase()}: i32 = ${i + 1};`).join('\n')}

/** The key of more than 16 bytes: its number, its length, and its bytes in three words, the last of which end it. */
export const KEY_${LONG_KEY.toUpperCase()}: i32 = ${KEYS.length + 1};
export const LONG_KEY_BYTES: usize = ${LONG_KEY.length};
export const LONG_KEY_HEAD: u64 = ${hex(longWord(0))};
export const LONG_KEY_MIDDLE: u64 = ${hex(longWord(8))};
export const LONG_KEY_TAIL: u64 = ${hex(longWord(LONG_KEY.length - 8))};

/** Number of the key with a code is SLOTS[(code * MULTIPLIER) >> SLOT_SHIFT], if CODES of that number is the code. */
export const MULTIPLIER: u64 = ${hex(multiplier)};
export const SLOT_SHIFT: u64 = ${64 - SLOT_BITS};
export const SLOTS: usize = memory.data<u8>([
${rows(slots, 24)}
]);
export const CODES: usize = memory.data<u64>([
${rows([0n, ...KEYS.map(keyCode)].map(hex), 5)}
]);
`;
for (const [name, content] of [
  ['generated.ts', text],
  ['keys.ts', keys],
]) {
  const file = new URL(name, here);
  if (!process.argv.includes('--check')) writeFileSync(file, content);
  else if (readFileSync(file, 'utf8') !== content) throw new Error(`assembly/${name} is stale: run npm run build`);
}
