// JSON as strangers send it: bounded in depth before it is parsed, and no text with U+0000, which PostgreSQL cannot
// keep, nor U+FFFF, which Gavel uses as a mark.

import { NOT_A_CHARACTER } from '../../bidcore/campaign_file.js';
import { type Failure, fail } from './errors.js';

const DEPTH_MAX = 32;

/** The value of a text, or why it is refused. */
export function readJson(text: string): { readonly value: unknown } | Failure {
  if (depthOf(text) > DEPTH_MAX) return fail('invalid_json', `the body nests deeper than ${DEPTH_MAX}`);
  if (text.trim() === '') return fail('invalid_json', 'the body is empty; without anything to say it is {}');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail('invalid_json', (error as Error).message);
  }
  const written = JSON.stringify(value); // in which only these are still escaped
  if (written.includes(NOT_A_CHARACTER) || /(?<!\\)(\\\\)*\\u(0000|d[89a-f])/.test(written)) {
    return fail('invalid_json', 'U+0000, U+FFFF and half a surrogate pair are not taken in texts');
  }
  return { value };
}

/** How deep brackets nest, strings left out; right for JSON, an upper bound of no use for anything else. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++;
    } else if (c === '{' || c === '[') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (c === '}' || c === ']') depth -= 1;
  }
  return deepest;
}
