/** `init --from`: a configuration with a mapping that fits some files. */
import { relative, resolve } from 'node:path';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../config/event-types.ts';
import { showPath } from '../config/show-path.ts';
import { ClicklakeError } from '../errors.ts';
import { expandInputs } from '../lake/expand-inputs.ts';
import type { IngestInput } from '../pipeline/ingest.ts';
import type { Proposal } from '../pipeline/propose.ts';
import type { ItemPaths } from '../pipeline/used-paths.ts';
import type { Cli } from './cli.ts';
import { formatQuantity, shellWord } from './format.ts';
import { renderSource } from './mapping-template.ts';
import type { Output } from './output.ts';
import { listFields, renderProposal } from './proposal-report.ts';
import { listWarnings } from './proposal-warnings.ts';

export interface FromFiles {
  proposal: Proposal;
  /** The mapping of the source, as it stands below `sources:` in the configuration. */
  section: string;
  source: string;
  /** Names the files in messages. */
  from: string;
  itemPaths: ItemPaths | undefined;
  /** The error to end with after the report: no record becomes an event. */
  refusal: ClicklakeError | undefined;
}

/** Reads the files and writes nothing. Throws `input_refused` if a file cannot be read. */
export async function proposeFrom(
  cli: Cli,
  names: readonly string[],
  source: string,
): Promise<FromFiles> {
  const { checkSource } = await import('../pipeline/ingest.ts');
  checkSource(source);
  const inputs = await findInputs(cli, names);
  const { listItemPaths } = await import('../pipeline/used-paths.ts');
  const { proposeMapping } = await import('../pipeline/propose.ts');
  const { refusalOf } = await import('../pipeline/refuse-proposal.ts');
  const types = new Map<string, string>([
    ...Object.entries(BUILT_IN_EVENT_TYPE_ALIASES),
    ...BUILT_IN_EVENT_TYPES.map((type): [string, string] => [type, type]),
  ]);
  const proposal = await proposeMapping(inputs, { types, nowMs: Date.now() });
  const from = nameInputs(inputs, cli.io.cwd);
  return {
    ...{ proposal, source, from },
    section: renderSource(source, from, proposal),
    itemPaths: listItemPaths(proposal.mapping),
    refusal: refusalOf(proposal),
  };
}

/** `--from` takes all names behind it, also one that was meant as the folder to write to. */
async function findInputs({ io }: Cli, names: readonly string[]): Promise<IngestInput[]> {
  try {
    return (await expandInputs(names, io.cwd, io.stdin)).inputs;
  } catch (error) {
    if (names.length > 1 && error instanceof ClicklakeError && error.code === 'not_found') {
      throw new ClicklakeError(error.code, error.message, {
        hint: 'all names after --from are input; the folder to write to comes first: clicklake init <dir> --from …',
        cause: error,
      });
    }
    throw error;
  }
}

/** The proposal as JSON. `configFile` is null if it was not written. */
export function proposalJson(
  { proposal, source, itemPaths }: FromFiles,
  configFile: string | null,
): object {
  const { text, judged, presets, unmapped, unlike, furtherEvents } = proposal;
  const { records, valid, ignored, quarantined, eventTypes, samples } = judged;
  const { withItems, withoutOffset } = judged;
  return {
    ...{ configFile, source, preset: text.preset ?? null, mapping: text, records },
    fields: listFields(proposal),
    items: itemPaths === undefined ? null : { ...itemPaths, records: withItems },
    ...{ eventTypes, valid, ignored, quarantined, samples, presets },
    ...{ unmapped, unlike, furtherEvents },
    timesWithoutOffset: withoutOffset,
    warnings: listWarnings(proposal),
  };
}

export function renderFrom({ proposal, from, itemPaths }: FromFiles, output: Output): string[] {
  return renderProposal(proposal, from, itemPaths, output);
}

/** The command that ingests the files, to be run in the folder of the configuration. */
export function ingestCommand(
  names: readonly string[],
  source: string,
  { cwd, folder }: { cwd: string; folder: string },
): string {
  const there = names.map((name) =>
    name === '-' || cwd === folder ? name : relative(folder, resolve(cwd, name)),
  );
  return `clicklake ingest ${there.map(shellWord).join(' ')} --source ${source}`;
}

function nameInputs(inputs: readonly IngestInput[], cwd: string): string {
  const [first, ...others] = inputs.map((input) =>
    input.kind === 'file' ? showPath(input.path, cwd) : 'standard input',
  );
  return others.length === 0
    ? (first ?? '')
    : `${first} and ${formatQuantity(others.length, 'more file')}`;
}
