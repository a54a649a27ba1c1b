// Which exchange has which slot of a model's tables: those with the most impressions. When slots are given out anew,
// the tables that are not written anew move with their exchanges.

import * as l from '../../assembly/model_layout.js';

/** The exchange feature of each slot; slot 0, and those that are left, have none. */
export function exchangeSlots(impressions: ReadonlyMap<number, number>): number[] {
  const most = [...impressions].sort(([a, m], [b, n]) => n - m || a - b).map(([feature]) => feature);
  const given = most.slice(0, l.EXCHANGE_SLOTS - 1);
  return Array.from({ length: l.EXCHANGE_SLOTS }, (_, slot) =>
    slot === 0 ? l.NO_EXCHANGE : (given[slot - 1] ?? l.NO_EXCHANGE),
  );
}

/**
 * Writes slots into an image, and for each the tables its exchange had in the base: its own, or those of all others.
 * @param image a copy of `base`
 */
export function moveSlots(image: Uint8Array, base: Uint8Array, slots: readonly number[]): void {
  const before = slotsOf(base);
  const to = new DataView(image.buffer, image.byteOffset, image.length);
  slots.forEach((feature, slot) => {
    to.setUint32(l.MODEL_EXCHANGES + slot * 4, feature, true);
    const had = feature === l.NO_EXCHANGE ? 0 : Math.max(0, before.indexOf(feature));
    const move = (at: number, bytes: number): void => {
      image.set(base.subarray(at + had * bytes, at + (had + 1) * bytes), at + slot * bytes);
    };
    move(l.MODEL_CALIBRATION, l.CALIBRATION_SLOT_BYTES);
    move(l.MODEL_LANDSCAPE + l.LANDSCAPE_WIN, l.LANDSCAPE_TABLE_BYTES);
  });
}

function slotsOf(image: Uint8Array): number[] {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  return Array.from({ length: l.EXCHANGE_SLOTS }, (_, slot) => view.getUint32(l.MODEL_EXCHANGES + slot * 4, true));
}
