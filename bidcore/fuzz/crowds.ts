// Requests at the limits and just over them. Over a limit a request is lost, never the worker.

import {
  MAX_ASSETS,
  MAX_DEALS,
  MAX_DOMAIN_BYTES,
  MAX_DURATION_FLOORS,
  MAX_FORMATS,
  MAX_ID_BYTES,
  MAX_IMPS,
  MAX_LIST_VALUES,
} from '../limits.js';
import { copy, type Json, type JsonObject, json, member, type Plain, raw, setMember, write } from './json_tree.js';
import type { Random } from './random.js';

/** Brings a request to a limit: just below, on and just above it. */
export function crowd(tree: JsonObject, random: Random): JsonObject {
  const out = copy(tree) as JsonObject;
  const imps = member(out, 'imp');
  const first = imps?.kind === 'array' ? imps.items[0] : undefined;
  if (imps?.kind !== 'array' || first?.kind !== 'object') return out;
  const near = (limit: number): number => limit + random.int(-1, 2);
  const repeat = (count: number, make: (n: number) => Plain): Json =>
    json(Array.from({ length: count }, (_, n) => make(n)));
  switch (random.int(0, 13)) {
    case 0:
      fillImps(imps.items, first, near(MAX_IMPS));
      break;
    case 1: // more winners than MAX_BIDS
      fillImps(imps.items, first, random.int(30, MAX_IMPS));
      break;
    case 2: {
      const perImp = spread(near(MAX_DEALS), imps.items.length);
      imps.items.forEach((imp, n) => {
        if (imp.kind === 'object')
          setMember(imp, 'pmp', {
            deals: repeat(perImp[n] as number, (d) => ({ id: random.chance(0.1) ? 'deal-1' : `many-${d}` })),
          });
      });
      break;
    }
    case 3: {
      const perImp = spread(near(MAX_FORMATS), imps.items.length);
      imps.items.forEach((imp, n) => {
        if (imp.kind === 'object')
          setMember(imp, 'banner', {
            format: repeat(perImp[n] as number, (f) => (random.chance(0.05) ? { w: 300, h: 250 } : { w: f + 1, h: 7 })),
          });
      });
      break;
    }
    case 4:
      setMember(out, 'id', 'i'.repeat(near(MAX_ID_BYTES - 2)));
      break;
    case 5:
      setMember(
        first,
        'id',
        random.chance(0.5)
          ? raw(`1${'0'.repeat(near(MAX_ID_BYTES - 1))}`)
          : raw(`"${'\\u0041'.repeat(85)}${'b'.repeat(random.int(0, 2))}"`),
      );
      break;
    case 6:
      setMember(first, 'pmp', { deals: [{ id: 'd'.repeat(near(MAX_ID_BYTES - 2)) }, { id: 'deal-1' }] });
      break;
    case 7:
      setMember(
        out,
        random.pick(['bcat', 'badv', 'bapp', 'wseat', 'bseat', 'acat']),
        repeat(near(MAX_LIST_VALUES) - random.int(0, 3), (n) => `v${n}`),
      );
      break;
    case 8:
      setMember(out, 'user', {
        data: repeat(random.int(1, 40), () => ({ segment: repeat(random.int(200, 210), (n) => ({ id: `s${n}` })) })),
      });
      break;
    case 9: {
      const perImp = spread(near(MAX_ASSETS), imps.items.length);
      imps.items.forEach((imp, n) => {
        const asset = (id: number): Plain => ({ id, ...(random.chance(0.05) ? { title: { len: 9 } } : {}) });
        const request = { assets: repeat(perImp[n] as number, asset) };
        if (imp.kind === 'object')
          setMember(imp, 'native', { request: random.chance(0.5) ? request : write(json(request)) });
      });
      break;
    }
    case 10: {
      const perImp = spread(near(MAX_DURATION_FLOORS), imps.items.length);
      imps.items.forEach((imp, n) => {
        const durfloors = repeat(perImp[n] as number, (mindur) => ({ mindur, bidfloor: mindur / 1e6 }));
        const format = random.pick(['video', 'audio']);
        const own = imp.kind === 'object' ? member(imp, format) : undefined;
        if (imp.kind === 'object' && own?.kind === 'object') setMember(own, 'durfloors', durfloors);
        else if (imp.kind === 'object') setMember(imp, format, { durfloors });
      });
      break;
    }
    case 11: {
      const half = near(MAX_LIST_VALUES) >> random.int(0, 1);
      const nodes = repeat(half, (n) => (n % 100 === 0 ? { asi: 'ssp.example', sid: n } : {}));
      const schain = { complete: 1, nodes };
      setMember(out, 'source', random.chance(0.5) ? { schain } : { ext: { schain } });
      break;
    }
    case 12: {
      const list = random.pick(['companionad', 'rqddurs', 'mimes']);
      const count = near(MAX_LIST_VALUES) - random.int(0, 3);
      const value = (n: number): Plain => (list === 'companionad' ? { w: n } : list === 'rqddurs' ? n : `v${n}`);
      setMember(first, random.pick(['video', 'audio']), { [list]: repeat(count, value) });
      break;
    }
    default: {
      const domain = longDomain(random, near(MAX_DOMAIN_BYTES));
      const page = `https://${longDomain(random, near(MAX_DOMAIN_BYTES))}/`;
      setMember(out, 'site', random.pick<Plain>([{ domain }, { page }, { domain, page }, { domain: '.', page }]));
    }
  }
  return out;
}

function fillImps(items: Json[], first: JsonObject, count: number): void {
  while (items.length < count) {
    const imp = copy(first) as JsonObject;
    setMember(imp, 'id', String(items.length + 1));
    items.push(imp);
  }
}

function spread(total: number, places: number): number[] {
  const each = Math.floor(total / places);
  return Array.from({ length: places }, (_, n) => (n === 0 ? total - each * (places - 1) : each));
}

/** A domain of that many bytes, now and then of very many; with its `www.` before them or not. */
function longDomain(random: Random, bytes: number): string {
  const end = random.pick(['.example.com', '.test', '.münchen.de']);
  const labels = 'a.'.repeat(random.chance(0.1) ? 17_000 : 130);
  const own = labels.slice(0, Math.max(1, bytes - Buffer.byteLength(end)));
  return (random.chance(0.5) ? 'www.' : '') + (labels.length > 1000 ? labels : own) + end;
}
