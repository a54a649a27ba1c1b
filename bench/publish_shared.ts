// What the publisher's thread of the publish benchmark is told and tells.

export interface PublishTask {
  /** `models` of the data folder, or the URL of a Redis. */
  readonly folder: string;
  readonly redis: string | undefined;
  readonly seed: number;
}

/** Publishes a version, please. */
export interface PublishOrder {
  readonly version: number;
}

/** Times of the process (performance.timeOrigin + performance.now(), milliseconds). */
export interface Published {
  readonly version: number;
  /** The first byte of the model is written, and the pointer is. */
  readonly beganMs: number;
  readonly pointedMs: number;
}

export const timeMs = (): number => performance.timeOrigin + performance.now();
