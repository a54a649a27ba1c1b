// Times of the ledger, milliseconds: also of one that runs in virtual time.

/** How long bids may be made after a renewal: what a stalled ledger or an absent Redis costs. */
export const LEASE_MS = 15_000;
/**
 * How often every lease is renewed: 5 µs each where the books are the node's own, in Redis 40. Those that run low are
 * grown at once.
 */
export const RENEW_MS = 1000;
/** How long a notice may be on its way from its socket to the ledger: longer than it is waited for there. */
export const ON_ITS_WAY_MS = 3000;
/** How often bids are forgotten whose tokens have died. */
export const FORGET_MS = 60_000;
