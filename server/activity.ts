// What a worker is doing, as far as its end depends on it.

/** Shared by the routes of one worker. */
export class Activity {
  /** Requests that have begun and wait for more: of their body, or of an answer from the control thread. */
  waiting = 0;
  /** When the last request came, milliseconds of performance.now(). */
  lastMs = 0;
  /** The worker is on its way out: each answer ends its connection, so that the client goes elsewhere. */
  closing = false;
}
