// The tests by which a trainer looks for drift (models/drift/): it counts alerts by them, and the bidder's metrics
// tell the counts.

export const DRIFT_TESTS = ['feature', 'price', 'prediction', 'reward', 'calibration'] as const;
export type DriftTest = (typeof DRIFT_TESTS)[number];
