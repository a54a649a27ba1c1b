// Health and metrics of a trainer that runs by itself, in a container of its own: GAVEL_TRAIN_PORT. Beside a bidder
// nothing listens here; the bidder shows the same figures (server/trainer_status.ts).

import { createServer, type Server } from 'node:http';
import { TRAINER_METRICS, type TrainerFigures } from '../../bidcore/trainer_metrics.js';

export interface StatusPort {
  /** That was taken. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on all addresses: `GET /health` (503 while something stands in the way) and `GET /metrics`.
 * @param port 0 takes any free one
 * @param figures as of now
 * @returns rejects with the error of the system where the port is taken
 */
export async function openStatusPort(port: number, figures: () => TrainerFigures): Promise<StatusPort> {
  const server = createServer((request, response) => {
    const now = figures();
    const say = (status: number, type: string, text: string): void => {
      response.writeHead(status, { 'content-type': type }).end(text);
    };
    if (request.url === '/metrics') say(200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(now));
    else if (request.url !== '/health') say(404, 'application/json', '{"error":"not_found"}\n');
    else if (now.problem === '') say(200, 'application/json', '{"status":"alive"}\n');
    else say(503, 'application/json', `${JSON.stringify({ status: 'waiting', problem: now.problem })}\n`);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve));
  return {
    port: portOf(server),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Prometheus' text format. */
export function metricsText(figures: TrainerFigures): string {
  return TRAINER_METRICS.map(({ name, type, help, label, values }) => {
    const rows = Object.entries(values(figures)).map(([value, number]) =>
      label === undefined ? `${name} ${number}\n` : `${name}{${label}="${value}"} ${number}\n`,
    );
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${rows.join('')}`;
  }).join('\n');
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server that listens has a port');
  return address.port;
}
