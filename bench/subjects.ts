// The servers that are measured, each as a process: Gavel's own, the same front with canned answers, and the slow twin
// behind two fronts. All are given the same campaign file, model and bodies.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { campaignFile } from './book.js';
import { freePort, type ServerProcess, startServer } from './processes.js';
import { type Answers, answersTo, campaignStates, loadBook, makeRig, modelFile, URLS } from './rig.js';
import { writeStates } from './twin.js';

const BUILT = fileURLToPath(new URL('../', import.meta.url));

/** A temporary folder with everything the servers need. */
export interface Material {
  readonly folder: string;
  readonly campaigns: string;
  readonly model: string;
  readonly states: string;
  readonly answersFile: string;
  /** What the hot path answers to the bodies, in order. */
  readonly answers: Answers;
}

/**
 * Writes what the servers need.
 * @param folder an existing one
 * @param given a campaign file to take in place of a generated one; of another version perhaps, so it is read anew
 */
export async function makeMaterial(
  folder: string,
  ads: number,
  seed: number,
  bodies: readonly Uint8Array[],
  given?: unknown,
): Promise<Material> {
  const rig = await makeRig(seed);
  const file = given === undefined ? campaignFile(ads, seed) : readCampaignFile(JSON.stringify(given));
  const book = await loadBook(rig, file, 1);
  const answers = answersTo(rig.hotpath, bodies);
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  return {
    folder,
    campaigns: write('campaigns.json', JSON.stringify(file)),
    model: write('model.gvlm', modelFile(seed, 1)),
    states: write('states.json', writeStates(campaignStates(rig, book))),
    answersFile: write('answers.json', JSON.stringify(answers.texts)),
    answers,
  };
}

function readCampaignFile(text: string): CampaignFile {
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  return file;
}

/** Starts a server of the kind; `flags` are for node itself. */
export type StartServer = (material: Material, flags?: readonly string[]) => Promise<ServerProcess>;

export const gavelServer: StartServer = async (material, flags = []) => {
  const port = await freePort();
  const data = join(material.folder, 'data');
  mkdirSync(data, { recursive: true });
  return startServer({
    name: 'gavel',
    port,
    args: [...flags, join(BUILT, 'server/main.js')],
    env: {
      GAVEL_WORKERS: '1',
      GAVEL_BID_PORT: String(port),
      GAVEL_HOST: '127.0.0.1',
      GAVEL_ADMIN_PORT: '0',
      GAVEL_DATA_DIR: data,
      GAVEL_JOBS: 'off', // no database opens while bids are measured; `admin` measures it beside them
      GAVEL_CAMPAIGNS: material.campaigns,
      GAVEL_MODEL: material.model,
      GAVEL_NOTICE_URL: URLS.notices,
      GAVEL_MARKUP_URL: URLS.markup,
      GAVEL_DRAIN_SECONDS: '1',
    },
    readyPath: '/ready',
  });
};

const benchServer =
  (name: string, script: string, argsOf: (material: Material) => readonly string[]): StartServer =>
  async (material, flags = []) => {
    const port = await freePort();
    const args = [...flags, join(BUILT, 'bench/servers', script), String(port), ...argsOf(material)];
    return startServer({ name, port, args, readyPath: '/ready' });
  };

const twinFiles = ({ campaigns, model, states }: Material): string[] => [campaigns, model, states];

export const cannedServer = benchServer('canned', 'canned.js', ({ answersFile }) => [answersFile]);
export const twinUwsServer = benchServer('twin_uws', 'twin_uws.js', twinFiles);
export const twinFastifyServer = benchServer('twin_fastify', 'twin_fastify.js', twinFiles);
