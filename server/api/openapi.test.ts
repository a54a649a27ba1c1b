// The document by itself: what it refers to is in it.

import t from 'tap';
import { openApiDocument } from './openapi.js';
import { OPERATIONS } from './operations.js';

t.test('every reference of the document leads somewhere', async (t) => {
  const document = openApiDocument(OPERATIONS, '1');
  const { schemas } = document['components'] as { schemas: Record<string, object> };
  const text = JSON.stringify(document);
  const names = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference = '']) => reference);
  const lost = names.filter((name) => !Object.hasOwn(schemas, name.replace(/^#\/components\/schemas\//, '')));
  t.same([...new Set(lost)], []);
  t.ok(Object.hasOwn(schemas, 'RuleConditionTreeGiven') && Object.hasOwn(schemas, 'RuleConditionTree'));
  t.notMatch(text, '"$defs"');
});
