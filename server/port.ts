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
 * @param key of the environment that sets it
 * @returns the port, or why it cannot be had
 */
export function probePort(host: string, port: number, key: string): Promise<number | PortError> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ code: 'port_unavailable', problem: listenProblem(error, host, port, key) });
    });
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
      probe.close(() => resolve(address.port));
    });
  });
}

/** Why a port cannot be had, and the way out. */
export function listenProblem(error: NodeJS.ErrnoException, host: string, port: number, key: string): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${port} on ${host} is in use (another Gavel?); stop that, or set ${key} to a free one`;
  }
  if (error.code === 'EACCES') {
    return `port ${port} needs privileges this process does not have; set ${key} above 1023`;
  }
  return `cannot listen on ${host} port ${port}: ${error.message}`;
}
