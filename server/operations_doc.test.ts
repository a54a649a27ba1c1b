// docs/operations.md says of the configuration what the schema says.

import { readFileSync } from 'node:fs';
import t from 'tap';
import { describeKeys } from './config.js';

t.test('docs/operations.md has every key with its default and meaning, and no other', async (t) => {
  const page = readFileSync('docs/operations.md', 'utf8');
  const documented = [...page.matchAll(/^\| `(GAVEL_\w+)` \| (.*) \| (.*) \|$/gm)];
  const described = [...describeKeys().matchAll(/^ {2}(\w+) \((.*)\)\n {6}(.*)$/gm)];
  t.ok(described.length > 0, 'describeKeys has the form this test reads');
  t.same(
    documented.map(([, name, fallback, help]) => ({ name, fallback, help })),
    described.map(([, name, fallback, help]) => ({ name, fallback, help })),
  );
});
