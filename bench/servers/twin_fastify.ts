// The slow twin behind Fastify: the bidder a team writes when it takes the usual tools. Fastify's own JSON parser is
// left out of the way, the twin takes bytes.

import Fastify from 'fastify';
import { BID_PATH } from '../load.js';
import { twinOfCommandLine } from './twin_files.js';

const { port, twin } = twinOfCommandLine();

const server = Fastify();
server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
server.get('/ready', () => '');
server.post(BID_PATH, (request, reply) => {
  const answer = twin(request.body as Buffer);
  if (answer === undefined) return reply.code(204).send();
  return reply.header('content-type', 'application/json').header('x-openrtb-version', '2.6').send(answer);
});
await server.listen({ port, host: '127.0.0.1' });
