// A no-bid with its reason: the id of the request, byte for byte.

import t from 'tap';
import { NO_TARGETING, TOO_LITTLE_TIME } from '../assembly/reasons.js';
import { idToken, noBid } from './no_bid.js';

t.test('an id is taken from the text as it stands', async (t) => {
  const cases: [string, string | undefined][] = [
    ['{"id":"a","imp":[]}', '"a"'],
    [' { "x" : {"id":"inner"} , "id" : "\\u00e9\\"" } ', '"\\u00e9\\""'],
    ['{"id":12345678901234567890}', '12345678901234567890'],
    ['{"id":-1.50}', '-1.50'],
    ['{"\\u0069d":"escaped key"}', '"escaped key"'],
    ['{"id":"first","id":"last"}', '"last"'],
    ['{"id":"first","id":null}', undefined],
    ['{"id":""}', undefined],
    ['{"id":true}', undefined],
    ['{"id":{"id":"x"}}', undefined],
    ['{"a":"id","b":["id",":"],"c":":"}', undefined],
    ['["id",{"id":"x"}]', undefined],
    ['7', undefined],
    ['{"id":"a\nb"}', '"a\nb"'],
    ['{"id":[],"imp":["id"]}', undefined],
    ['{"id":1e5,"n":2}', '1e5'],
    ['{"x":-1,"id":"\u00e9\\\\"}', '"\u00e9\\\\"'],
  ];
  for (const [text, id] of cases) {
    const token = idToken(Buffer.from(text));
    t.equal(token && Buffer.from(token).toString(), id, text);
  }
});

t.test('what is no JSON is looked through without harm', async (t) => {
  for (const text of [
    '',
    '{',
    '{"id',
    '{"id"',
    '{"id":',
    '{"id":"',
    '{"id":"a',
    '{"id":"a\\',
    ']]',
    '{"\\q":1}',
    '{x:1}',
  ]) {
    t.doesNotThrow(() => idToken(Buffer.from(text)), text);
  }
  const invalid = Buffer.from([...Buffer.from('{"id":"'), 0xff, 0xfe, ...Buffer.from('"}')]);
  t.same(Buffer.from(idToken(invalid) ?? []), invalid.subarray(6, -1), 'not even UTF-8');
});

t.test('a no-bid has the id and the number of the reason', async (t) => {
  const text = (id: string | undefined, code: number): string =>
    Buffer.from(noBid(id === undefined ? undefined : Buffer.from(id), code)).toString();
  t.equal(text('"\\u00e9"', TOO_LITTLE_TIME), '{"id":"\\u00e9","nbr":15}');
  t.equal(text('7', NO_TARGETING), '{"id":7,"nbr":0}');
  t.equal(text(undefined, TOO_LITTLE_TIME), '{"nbr":15}');
});
