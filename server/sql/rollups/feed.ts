// What brings notices to the sums: of a node that is alone its event log (`log_feed.ts`), of nodes that share a Redis
// its streams (`stream_feed.ts`).

export interface SumsFeed {
  /**
   * Books what there is by now. Throws what the database throws; the next call goes on from the place that is stored.
   * @param signal asked between two pieces
   * @returns false if not all of it could be read: it was told to stop, or who has it is away
   */
  catchUp(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}
