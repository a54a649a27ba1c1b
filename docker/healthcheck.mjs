// What HEALTHCHECK of the image runs: 0 while the bidder may be given requests, else 1. An argument is another address
// to ask: the trainer's container asks http://127.0.0.1:7510/health.

const url = process.argv[2] ?? `http://127.0.0.1:${process.env.GAVEL_BID_PORT || 7507}/ready`;
const TIMEOUT_MS = 2500;

try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  process.exitCode = answer.ok ? 0 : 1;
  if (!answer.ok) console.error(`${url}: ${answer.status} ${await answer.text()}`);
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
