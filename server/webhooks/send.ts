// One attempt to deliver: a POST to an address that was looked at, bounded in time and in what is read of the answer.
// Redirects are not followed: they would lead past the look.

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { addressOf } from './address.js';

const ATTEMPT_MS_MAX = 10_000;
/** More of an answer is not read: only its status matters. */
const ANSWER_BYTES_MAX = 16 << 10;
const GONE = 410;

export interface Attempt {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SendOptions {
  /** Whether webhooks may go to this machine and private networks. */
  readonly privateToo: boolean;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  readonly attemptMsMax?: number;
}

export type Sent =
  | { readonly outcome: 'delivered'; readonly status: number }
  | {
      readonly outcome: 'failed';
      readonly problem: string;
      /** Undefined: nobody answered. */
      readonly status?: number;
      /** Whether there is no use in another attempt. */
      readonly final: boolean;
    };

export async function send({ url, headers, body }: Attempt, options: SendOptions): Promise<Sent> {
  const { attemptMsMax = ATTEMPT_MS_MAX, privateToo } = options;
  const late = AbortSignal.timeout(attemptMsMax);
  try {
    const target = new URL(url);
    const address = await untilAborted(addressOf(target.hostname, privateToo), late);
    if ('problem' in address) return { outcome: 'failed', problem: address.problem, final: false };
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: false,
        signal: AbortSignal.any([late, options.signal]),
        lookup: (_host, { all }, done) => {
          if (all === true) (done as (error: null, found: object[]) => void)(null, [address]);
          else done(null, address.address, address.family);
        },
      });
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => {
        let bytes = 0;
        const answered = (): void => resolve(incoming.statusCode ?? 0);
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= ANSWER_BYTES_MAX) return;
          answered();
          incoming.destroy();
        });
        incoming.once('end', answered);
        incoming.once('error', reject);
      });
      outgoing.end(body);
    });
    if (status >= 200 && status < 300) return { outcome: 'delivered', status };
    return { outcome: 'failed', status, problem: `answered ${status}`, final: status === GONE };
  } catch (error) {
    if (late.aborted) return { outcome: 'failed', problem: `no answer in ${attemptMsMax} ms`, final: false };
    return { outcome: 'failed', problem: (error as Error).message, final: false };
  }
}

/** A name's resolution cannot be called off, only no longer be waited for. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('too late')), { once: true });
    promise.then(resolve, reject);
  });
}
