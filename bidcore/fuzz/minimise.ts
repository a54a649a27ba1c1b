// Makes a failing body small: takes away what can go while it still fails. By members and elements as long as it is
// JSON, then by bytes. Greedy and bounded in time; the result is for people to read, not minimal in any strict sense.

import { containers, copy, type Json, parseTree, raw, write } from './json_tree.js';

/**
 * @param fails whether a body still shows the failure
 * @param budgetMs when to stop
 * @param now a clock, milliseconds
 */
export function minimise(body: Buffer, fails: (body: Buffer) => boolean, budgetMs: number, now: () => number): Buffer {
  const deadline = now() + budgetMs;
  const left = (): boolean => now() < deadline;
  const tree = parseTree(body.toString('utf8'));
  const byTree = tree === undefined ? body : minimiseTree(tree, body, fails, left);
  return minimiseBytes(byTree, fails, left);
}

const bytesOf = (tree: Json): Buffer => Buffer.from(write(tree), 'utf8');

function minimiseTree(tree: Json, original: Buffer, fails: (body: Buffer) => boolean, left: () => boolean): Buffer {
  if (!fails(bytesOf(tree))) return original; // whitespace or a raw spelling matters
  let best = tree;
  for (let changed = true; changed && left(); ) {
    changed = false;
    for (const smaller of reductions(best)) {
      if (!left()) break;
      if (fails(bytesOf(smaller))) {
        best = smaller;
        changed = true;
        break;
      }
    }
  }
  return bytesOf(best);
}

/** Trees with one thing less: halves of containers first, then single children, then shorter strings. */
function* reductions(tree: Json): Generator<Json> {
  const total = containers(tree).length;
  for (let n = 0; n < total; n += 1) {
    const size = childrenOf(containers(tree)[n] as Json).length;
    for (let span = Math.ceil(size / 2); span >= 1; span = span === 1 ? 0 : Math.ceil(span / 2)) {
      for (let from = 0; from < size; from += span) {
        const next = copy(tree);
        childrenOf(containers(next)[n] as Json).splice(from, span);
        yield next;
      }
    }
  }
  for (let n = 0; n < total; n += 1) {
    const size = childrenOf(containers(tree)[n] as Json).length;
    for (let at = 0; at < size; at += 1) {
      for (const shorter of shorterValues(valueAt(tree, n, at))) {
        const next = copy(tree);
        const node = containers(next)[n] as Json;
        if (node.kind === 'array') node.items[at] = shorter;
        else if (node.kind === 'object') (node.members[at] as { value: Json }).value = shorter;
        yield next;
      }
    }
  }
}

function childrenOf(node: Json): unknown[] {
  return node.kind === 'array' ? node.items : node.kind === 'object' ? node.members : [];
}

function valueAt(tree: Json, container: number, at: number): Json {
  const node = containers(tree)[container];
  return (node?.kind === 'array' ? node.items[at] : node?.members[at]?.value) as Json;
}

function shorterValues(value: Json): Json[] {
  if (value.kind !== 'token') return childrenOf(value).length > 0 ? [raw('0')] : [];
  if (!value.text.startsWith('"') || value.text.includes('\\') || value.text.length <= 3) return [];
  const inner = value.text.slice(1, -1);
  return [
    raw('"a"'),
    raw(`"${inner.slice(0, inner.length >> 1)}"`),
    raw(`"${inner.slice(inner.length >> 1)}"`),
    raw(`"${inner.slice(1)}"`),
  ];
}

function minimiseBytes(body: Buffer, fails: (body: Buffer) => boolean, left: () => boolean): Buffer {
  let best = body;
  for (let span = Math.ceil(best.length / 2); span >= 1 && left(); span = span === 1 ? 0 : Math.ceil(span / 2)) {
    for (let from = 0; from < best.length && left(); ) {
      const next = Buffer.concat([best.subarray(0, from), best.subarray(from + span)]);
      if (fails(next)) best = next;
      else from += span;
    }
  }
  return best;
}
