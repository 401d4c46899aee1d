/** Opens landing containers to ingest their files. */
import process from 'node:process';
import { withoutQuery } from '../config/lake-address.ts';
import type { Settings } from '../config/settings.ts';
import { ClicklakeError } from '../errors.ts';
import { type LandingPattern, parseLanding } from '../mapping/landing-pattern.ts';
import type { LakeContext } from '../pipeline/context.ts';
import { findLanded, type LandedFiles } from '../pipeline/landing.ts';
import { isAzureAddress, parseAzureAddress } from '../storage/azure/address.ts';
import type { Landing } from '../storage/landing.ts';
import type { StorageHooks } from './choose-storage.ts';

/**
 * Finds new files at the addresses, passes them to `work`, and closes the containers.
 * `mustHoldFiles`: each address must contain a file. Throws `not_found` or `config_invalid`.
 */
export async function withLanded<Result>(
  context: LakeContext,
  addresses: readonly string[],
  options: { listsAll: boolean; mustHoldFiles: boolean; hooks: StorageHooks },
  work: (landed: LandedFiles) => Promise<Result>,
): Promise<Result> {
  const patterns = addresses.map((address) => readAddress(address, context.settings));
  const opened: Landing[] = [];
  try {
    const landed: LandedFiles = { inputs: [], unchangedCount: 0, refused: [] };
    for (const [index, pattern] of patterns.entries()) {
      const landing = await openLanding(pattern, context.settings, options.hooks);
      opened.push(landing);
      const { inputs, unchangedCount, refused } = await findLanded(
        context,
        landing,
        pattern,
        options,
      );
      if (options.mustHoldFiles && inputs.length + unchangedCount + refused.length === 0) {
        throw new ClicklakeError('not_found', `there is nothing to ingest in ${addresses[index]}`, {
          hint: 'a landing container contributes every file that is not empty and whose name does not begin with . or _',
        });
      }
      const known = new Set(landed.inputs.map(({ address }) => address));
      landed.inputs.push(...inputs.filter(({ address }) => !known.has(address)));
      landed.unchangedCount += unchangedCount;
      landed.refused.push(...refused);
    }
    return await work(landed);
  } finally {
    for (const landing of opened) {
      landing.close();
    }
  }
}

function readAddress(address: string, { lake }: Pick<Settings, 'lake'>): LandingPattern {
  const pattern = parseLanding(address);
  if ('problem' in pattern) {
    throw new ClicklakeError('usage', `${withoutQuery(address)} ${pattern.problem}`, {
      hint: 'see docs/azure.md for landing containers',
    });
  }
  const { container, account, folder } = parseAzureAddress(
    `${pattern.container}/${pattern.base.replace(/\/$/, '')}`,
  );
  if (isAzureAddress(lake)) {
    const other = parseAzureAddress(lake);
    const isSame = other.container === container && other.account === account;
    if (isSame && (isBelow(folder, other.folder) || isBelow(other.folder, folder))) {
      throw new ClicklakeError('usage', `${address} and the lake overlap: ${other.url}`, {
        hint: 'choose a folder that neither contains the lake nor is inside it',
      });
    }
  }
  return pattern;
}

function isBelow(folder: string, parent: string): boolean {
  return parent === '' || folder === parent || folder.startsWith(`${parent}/`);
}

async function openLanding(
  { container }: LandingPattern,
  { azure }: Pick<Settings, 'azure'>,
  { env = process.env, signal }: StorageHooks,
): Promise<Landing> {
  // Imported on demand: the SDK takes longer to load than everything else.
  const { openAzureLanding } = await import('../storage/azure/landing.ts');
  return await openAzureLanding(container, {
    env,
    maxTries: azure.maxTries,
    retryDelayMs: azure.retryDelayMs,
    timeoutMs: azure.requestTimeoutMs,
    signal,
  });
}
