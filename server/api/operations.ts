// The table of all operations. The router, the checks, the documentation and the contract tests are made from it. What
// creates comes first, in the order in which the examples need each other, what deletes comes last.

import type { Operation } from './operation.js';
import { accounts } from './resources/accounts.js';
import { adGroups } from './resources/ad_groups.js';
import { agentConfigOperations, agents } from './resources/agents.js';
import { alertOperations } from './resources/alerts.js';
import { changePlan, removePlan } from './resources/allocation_plans.js';
import { allocationOperations } from './resources/allocation_runs.js';
import { acknowledgeAnomalies, findAnomaliesNow, listAnomalies, resolveAnomalies } from './resources/anomalies.js';
import { listAllChanges, listChanges } from './resources/audit.js';
import { campaignStats } from './resources/campaign_stats.js';
import { campaignOperations, campaigns } from './resources/campaigns.js';
import { addConversions, getConversion, listConversions } from './resources/conversions.js';
import { creatives } from './resources/creatives.js';
import { exchanges } from './resources/exchanges.js';
import { experimentOperations } from './resources/experiment_data.js';
import { deleteExperiment, stopExperiment } from './resources/experiments.js';
import { campaignForecast } from './resources/forecast.js';
import { keyOperations } from './resources/keys.js';
import { lists } from './resources/lists.js';
import { bookResults, explain, stats } from './resources/live.js';
import { login } from './resources/login.js';
import { members } from './resources/members.js';
import { getModel, listModels, promoteModel, pruneModels, rollBackModel } from './resources/models.js';
import { listBids, listDoubtfulNotices, resolveDoubtfulNotices } from './resources/notice_history.js';
import { report } from './resources/reports.js';
import { ruleOperations } from './resources/rule_runs.js';
import { rules } from './resources/rules.js';
import { segments } from './resources/segments.js';
import { getTrainingRun, listCheckpoints, listTrainingRuns, refreshTrainingRuns } from './resources/training_runs.js';
import { users, whoAmI } from './resources/users.js';
import { webhookOperations, webhooks } from './resources/webhooks.js';

const CAMPAIGNS = [accounts, users, members, exchanges, creatives, lists, campaigns, adGroups, segments];
const RESOURCES = [...CAMPAIGNS, webhooks, rules, agents];

export const OPERATIONS: readonly Operation[] = [
  ...RESOURCES.map(({ create }) => create),
  login,
  whoAmI,
  ...keyOperations,
  ...campaignOperations,
  ...RESOURCES.flatMap(({ list, read, change }) => [list, read, change]),
  addConversions,
  listConversions,
  getConversion,
  report,
  campaignStats,
  campaignForecast,
  findAnomaliesNow,
  listAnomalies,
  acknowledgeAnomalies,
  resolveAnomalies,
  listModels,
  promoteModel,
  getModel,
  rollBackModel,
  pruneModels,
  refreshTrainingRuns,
  listTrainingRuns,
  getTrainingRun,
  listCheckpoints,
  listBids,
  listDoubtfulNotices,
  resolveDoubtfulNotices,
  ...ruleOperations,
  ...webhookOperations,
  ...alertOperations,
  ...allocationOperations,
  changePlan,
  ...experimentOperations,
  ...agentConfigOperations,
  listChanges,
  listAllChanges,
  stats,
  explain,
  bookResults,
  removePlan,
  stopExperiment,
  deleteExperiment,
  ...RESOURCES.map(({ remove }) => remove).reverse(),
];
