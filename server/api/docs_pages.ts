// The documentation, served by the admin port itself: /openapi.json, and Swagger UI at /docs from its own package. The
// policy of these pages lets them load and ask nothing from elsewhere, and run no script but those files.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type AdminAnswer, jsonAnswer } from '../admin_answer.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // Swagger UI sets styles of elements
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gavel admin API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#page', deepLinking: true, validatorUrl: null });\n`;

const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** The answer to a path of the documentation; undefined for any other. */
export async function docsAnswer(path: string, document: object): Promise<AdminAnswer | undefined> {
  if (path === '/openapi.json') return jsonAnswer(200, document);
  if (path === '/docs' || path === '/docs/') return page(TYPES.html, PAGE);
  if (path === '/docs/start.js') return page(TYPES.js, START);
  if (path === '/docs/swagger-ui.css') return page(TYPES.css, await packaged('swagger-ui.css'));
  if (path === '/docs/swagger-ui-bundle.js') return page(TYPES.js, await packaged('swagger-ui-bundle.js'));
  return undefined;
}

function page(contentType: string, text: string): AdminAnswer {
  return { status: 200, contentType, text, headers: { 'content-security-policy': POLICY } };
}

function packaged(name: string): Promise<string> {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return readFile(join(folder, name), 'utf8');
}
