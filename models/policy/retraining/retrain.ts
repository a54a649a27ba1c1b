// The work of one retraining, from the log to the verdict: resumable, and resting as its share of a core asks.
//
//   log ──▶ campaigns to train on ──▶ PPO, half of the days synthetic ──▶ candidate ─┐
//      ├──▶ campaigns to judge by ──▶ replay, candidate against incumbent ───────────┼──▶ gate ──▶ verdict
//      └──▶ logged decisions ──▶ off-policy estimates ───────────────────────────────┘

import type { PolicyWeights } from '../../../bidcore/policy/policy_weights.js';
import type { Ppo } from '../../agents/ppo.js';
import { train } from '../../agents/training.js';
import { BidEnvironment, type DrawTask } from '../../environments/bid/bid_environment.js';
import { Random } from '../../random.js';
import { isStateError } from '../../state.js';
import { isExportProblem } from '../export.js';
import { type Judgement, judgePolicy } from '../judge.js';
import type { LoggedCampaigns } from '../market_from_log.js';
import { estimate, type NoOverlap, type OffPolicy, type Target } from '../off_policy.js';
import { answering, readPolicyFile, writePolicyFile } from '../policy_file.js';
import { decisionsOf, readLog, sigmaOf } from '../read_log.js';
import { mixedTasks, replay } from '../replay.js';
import { exported, newAgent } from '../training.js';
import type { LoggedDecision } from '../transitions.js';
import { CpuShare } from './cpu_share.js';
import * as store from './run.js';

const EVALUATIONS = 5;
/** Of sequences of their own: evaluations, and replays. */
const EVALUATION_SEED = 2 ** 32;
const REPLAY_SEED = 2 ** 33;

export class Retraining {
  readonly #modelsDir: string;
  readonly #share: CpuShare;
  readonly #told: (run: store.PolicyRun) => void;
  readonly #before: { readonly wallS: number; readonly cpuS: number };
  #run: store.PolicyRun;

  /**
   * @param run as it stands in its folder, running
   * @param told of each change
   */
  constructor(modelsDir: string, run: store.PolicyRun, told: (run: store.PolicyRun) => void) {
    this.#modelsDir = modelsDir;
    this.#run = run;
    this.#told = told;
    this.#share = new CpuShare(run.config.cpu_share);
    // All the time of this process is the run's.
    this.#before = { wallS: run.wall_s, cpuS: run.cpu_s };
  }

  /** Does what is left of the run. */
  async work(): Promise<store.PolicyRun> {
    const { config } = this.#run;
    const rest = (): Promise<void> => this.#share.rest();
    const log = await readLog(config.events, Date.parse(config.since), config.seed, rest);
    if ('code' in log) return this.#end('nothing', log.problem);
    const campaigns = log.market.campaigns();
    const { training, held, auctions, range } = campaigns;
    const data = { range, auctions, records: log.records, decisions: log.decisions.length };
    await this.#note({ data: { ...data, campaigns: training.length, campaigns_held: held.length } });
    if (auctions < config.auctions_min || training.length === 0 || held.length === 0) {
      const enough = `${training.length} campaigns have enough to train on, ${held.length} to judge by`;
      return this.#end('nothing', `${auctions} of ${config.auctions_min} auctions in the log; ${enough}`);
    }
    const agent = await this.#trained(campaigns);
    if (typeof agent === 'string') return this.#end('failed', agent);
    const incumbent = await this.#incumbent();
    if (incumbent !== undefined && isStateError(incumbent)) return this.#end('failed', incumbent.problem);
    const candidate = exported(agent, () => mixedTasks(training), config.sigma, config.episodes);
    await rest();
    if (isExportProblem(candidate)) return this.#end('failed', candidate.problem);
    await this.#keep(store.CANDIDATE_FILE, writePolicyFile(candidate));
    const logged = estimateOf(candidate, log.decisions);
    await rest();
    const { worlds, days } = config;
    const options = { seed: config.seed + REPLAY_SEED, worlds, days, logged: held, rest };
    return this.#judged(judgePolicy(await replay(candidate, incumbent, options), logged), logged);
  }

  #judged({ verdict, figures }: Judgement, logged: OffPolicy | NoOverlap): Promise<store.PolicyRun> {
    const { passes, reason } = verdict;
    return this.#end(passes ? 'passed' : 'refused', reason, {
      metrics: { candidate: { ...figures.candidate }, incumbent: { ...figures.incumbent } },
      off_policy: { ...logged },
    });
  }

  async #trained(campaigns: LoggedCampaigns): Promise<Ppo | string> {
    const { config, number, from, first_step: first } = this.#run;
    const draw = (): DrawTask => mixedTasks(campaigns.training);
    const sizes = { rolloutSteps: config.rollout_steps, environments: config.environments };
    const agent = newAgent(draw, config.seed, first + config.steps, sizes);
    const state =
      (await store.readRunFile(this.#modelsDir, number, store.AGENT_FILE)) ??
      (from === 0 ? undefined : await store.readRunFile(this.#modelsDir, from, store.BEST_FILE));
    const problem = state === undefined ? undefined : agent.restore(state);
    if (problem !== undefined) return `the agent's state: ${problem.problem}`;
    let savedMs = performance.now();
    const every = config.steps / EVALUATIONS;
    await train(agent, first + config.steps, [
      async () => {
        const { steps, roundSteps } = agent;
        if (Math.floor((steps - first) / every) > Math.floor((steps - roundSteps - first) / every)) {
          await this.#evaluate(agent, draw());
        }
        if (performance.now() - savedMs >= config.checkpoint_s * 1000) {
          await this.#checkpoint(agent);
          savedMs = performance.now();
        }
        await this.#share.rest();
        return false;
      },
    ]);
    if (this.#run.evaluations.at(-1)?.step !== agent.steps) await this.#evaluate(agent, draw());
    await this.#checkpoint(agent);
    const best = await store.readRunFile(this.#modelsDir, number, store.BEST_FILE);
    if (best !== undefined) agent.restore(best);
    return agent;
  }

  /** Plays days of its own by the agent's best actions, and keeps the agent as it was at its best. */
  async #evaluate(agent: Ppo, draw: DrawTask): Promise<void> {
    const { episodes } = this.#run.config;
    const environment = new BidEnvironment(draw);
    const seeds = new Random(this.#run.config.seed + EVALUATION_SEED);
    const returns: number[] = [];
    for (let n = 0; n < episodes; n++) {
      let { observation } = environment.reset(seeds.u32());
      let total = 0;
      for (let ended = false; !ended; ) {
        const step = environment.step(agent.act(observation, true) as Float32Array);
        total += step.reward;
        ended = step.terminated;
        observation = step.observation;
      }
      returns.push(total);
      await this.#share.rest();
    }
    const mean = returns.reduce((sum, x) => sum + x, 0) / episodes;
    const squares = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    const error = Math.sqrt(squares / Math.max(1, episodes - 1) / episodes);
    const { evaluations } = this.#run;
    const evaluation = { step: agent.steps, return: mean, error, episodes };
    const isBest = evaluations.every((each) => mean >= each.return);
    if (isBest) await this.#keep(store.BEST_FILE, agent.save());
    const change = { step: agent.steps, evaluations: [...evaluations, evaluation] };
    await this.#note(isBest ? { ...change, best_step: agent.steps } : change);
    // Together, so that a run that goes on does not evaluate again.
    await this.#checkpoint(agent);
  }

  async #incumbent() {
    const bytes = await store.readRunFile(this.#modelsDir, this.#run.number, store.INCUMBENT_FILE);
    return bytes === undefined ? undefined : readPolicyFile(bytes);
  }

  async #checkpoint(agent: Ppo): Promise<void> {
    await this.#keep(store.AGENT_FILE, agent.save());
    await this.#note({ step: agent.steps });
  }

  async #keep(name: string, bytes: Uint8Array): Promise<void> {
    await store.writeRunFile(this.#modelsDir, this.#run.number, name, bytes);
    this.#run = { ...this.#run, files: { ...this.#run.files, [name]: store.sha256Of(bytes) } };
  }

  async #note(change: Partial<store.PolicyRun>): Promise<void> {
    const { wallS, cpuS } = this.#before;
    const used = { wall_s: wallS + this.#share.wallS, cpu_s: cpuS + this.#share.cpuS };
    this.#run = { ...this.#run, ...used, ...change };
    await store.writeRun(this.#modelsDir, this.#run);
    this.#told(this.#run);
  }

  async #end(
    state: store.PolicyRun['state'],
    reason: string,
    change: Partial<store.PolicyRun> = {},
  ): Promise<store.PolicyRun> {
    await this.#note({ ...change, state, reason, ended: new Date().toISOString() });
    return this.#run;
  }
}

/** What the log's decisions say of a policy, drawing as the log's policy did. */
export function estimateOf(policy: PolicyWeights, decisions: readonly LoggedDecision[]): OffPolicy | NoOverlap {
  return estimate(decisionsOf(decisions), targetOf(policy, decisions));
}

/** What a policy says, drawn with the deviation of the log: where it does not explore itself, it would be a point. */
export function targetOf(policy: PolicyWeights, decisions: readonly LoggedDecision[]): Target {
  const answer = answering(policy);
  const sigma = sigmaOf(decisions);
  return (inputs) => {
    const { mean, outside } = answer(inputs);
    return outside.length > 0 ? undefined : { mean, sigma };
  };
}
