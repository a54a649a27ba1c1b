// How the exchanges reach a bidder: HTTP to a process (http_pool.ts), or a call to one in this process, in virtual time
// (loadtest/policy/virtual_node.ts).

/** Status 0: no answer came. */
export type Answered = (status: number, body: string) => void;

export interface Wire {
  get(path: string, answered: Answered): void;
  /** @param length of the body in bytes */
  post(path: string, body: string, length: number, answered: Answered): void;
  /** Cuts what is under way: its answers are 0. */
  close(): void;
}

/** A node's wires: what bids come over, and what notices go over. */
export interface NodeWires {
  readonly bids: Wire;
  readonly notices: Wire;
}
