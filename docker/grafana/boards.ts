// The dashboards. A test holds every query against what a running bidder exports.

import { bidPath } from './bid_path.js';
import { campaigns } from './campaigns.js';
import type { Board } from './dashboard.js';
import { learning } from './learning.js';
import { system } from './system.js';

export const BOARDS: readonly Board[] = [system, bidPath, campaigns, learning];
