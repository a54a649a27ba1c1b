// The rows of every noun that needs nothing of its own. What does has a file: campaigns.ts, lists.ts, segments.ts, …

import { Rows } from './rows.js';

export const accounts = new Rows('accounts', 'account', { scope: 'id' });
export const users = new Rows('users', 'user', { scope: null });
export const apiKeys = new Rows('api_keys', 'API key');
export const exchanges = new Rows('exchanges', 'exchange', { scope: null });
export const campaigns = new Rows('campaigns', 'campaign');
export const adGroups = new Rows('ad_groups', 'ad group');
export const creatives = new Rows('creatives', 'creative');
export const segments = new Rows('segments', 'segment');
export const lists = new Rows('lists', 'list');
export const conversions = new Rows('conversions', 'conversion');
export const agents = new Rows('agents', 'agent');
export const trainingRuns = new Rows('training_runs', 'training run');
export const modelCheckpoints = new Rows('model_checkpoints', 'model', { scope: null, order: 'model_version' });
export const experiments = new Rows('experiments', 'experiment');
export const rules = new Rows('rules', 'rule');
export const ruleExecutions = new Rows('rule_executions', 'rule execution');
export const allocationRuns = new Rows('allocation_runs', 'allocation');
export const anomalies = new Rows('anomalies', 'anomaly');
export const alerts = new Rows('alerts', 'alert');
export const webhooks = new Rows('webhooks', 'webhook');
export const doubtfulNotices = new Rows('doubtful_notices', 'doubtful notice', { scope: null });
export const auditLog = new Rows('audit_log', 'change');
