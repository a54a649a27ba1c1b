// Whether a port can be had. Workers share theirs (SO_REUSEPORT), and so would a second Gavel that is started by
// mistake: half of the traffic would silently go to each. A probe that does not share finds that out beforehand.

import { createServer } from 'node:net';

export interface PortError {
  readonly code: 'port_unavailable';
  readonly problem: string;
}

/**
 * Takes the port alone for a moment.
 * @param port 0 for any free one
 * @returns the port, or why it cannot be had
 */
export function probePort(host: string, port: number): Promise<number | PortError> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ code: 'port_unavailable', problem: describe(error, host, port) });
    });
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
      probe.close(() => resolve(address.port));
    });
  });
}

function describe(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${port} on ${host} is in use (another Gavel?); stop that, or set GAVEL_BID_PORT to a free one`;
  }
  if (error.code === 'EACCES')
    return `port ${port} needs privileges this process does not have; set GAVEL_BID_PORT above 1023`;
  return `cannot listen on ${host} port ${port}: ${error.message}`;
}
