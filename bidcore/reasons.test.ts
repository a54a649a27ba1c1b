// One table of reasons: the codes of the module, the rows around it and the page for operators are the same.

import { readFileSync } from 'node:fs';
import t from 'tap';
import * as codes from '../assembly/reasons.js';
import { REASONS, reasonOf } from './reasons.js';

const { REASON_NONE, REASON_CODES, ...reasonCodes } = codes;

t.test('every code of the module has a row, named as the code is', async (t) => {
  const rows = Object.fromEntries(REASONS.map((reason) => [reason.label.toUpperCase(), reason.code]));
  t.same(rows, { ...reasonCodes });
});

t.test('codes and labels are unique', async (t) => {
  t.equal(new Set(REASONS.map((reason) => reason.code)).size, REASONS.length, 'codes');
  t.equal(new Set(REASONS.map((reason) => reason.label)).size, REASONS.length, 'labels');
});

t.test('codes fit a table of REASON_CODES and none is REASON_NONE', async (t) => {
  t.ok(REASONS.every((reason) => reason.code > REASON_NONE && reason.code < REASON_CODES));
});

t.test('labels suit a metric, and the help is one sentence', async (t) => {
  t.same(
    REASONS.map((reason) => reason.label).filter((label) => !/^[a-z]+(_[a-z]+)*$/.test(label)),
    [],
  );
  t.same(
    REASONS.map((reason) => reason.help).filter((help) => !/^[^\n]{10,110}\.$/.test(help)),
    [],
  );
});

t.test('malformed requests are 400 with nbr 2', async (t) => {
  const malformed = REASONS.filter((reason) => reason.status === 400);
  t.same(
    malformed.map((reason) => reason.label),
    ['invalid_json', 'not_object', 'missing_id', 'missing_imp', 'imp_missing_id'],
  );
  t.ok(malformed.every((reason) => reason.nbr === 2));
});

t.test('docs/operations.md has the same table', async (t) => {
  const page = readFileSync('docs/operations.md', 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (\d+) \| (.+) \|$/gm)];
  t.same(
    rows.map(([, label, status, nbr, help]) => ({ label, status: Number(status), nbr: Number(nbr), help })),
    REASONS.map(({ label, status, nbr, help }) => ({ label, status, nbr, help })),
  );
});

t.test('a code that is not in the table stops whoever asks', async (t) => {
  t.equal(reasonOf(codes.NO_DEAL).label, 'no_deal');
  t.throws(() => reasonOf(REASON_CODES), /not in the table/);
});
