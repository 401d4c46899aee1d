/**
 * A Power BI project over a lake's Gold tables: semantic model (TMDL) and report (PBIR), as files. The
 * same options give the same bytes.
 */
import { isDirectLake } from './direct-lake.ts';
import type { GoldTables } from './fact-definitions.ts';
import { guidOf } from './ids.ts';
import type { Currency } from './measure.ts';
import { jsonFile, type ProjectFile } from './project-file.ts';
import { reportFiles } from './report/write-report.ts';
import type { GoldSource } from './source.ts';
import { modelFiles } from './write-model.ts';

export interface ProjectOptions {
  /** The Gold tables as the pipeline writes them. */
  tables: GoldTables;
  source: GoldSource;
  /** The shop sends no checkout events: the funnel has no such step. */
  isCheckoutSkipped: boolean;
  /** Sessions of bots count like others. */
  areBotsCounted: boolean;
  /** Undefined: amounts as sent. */
  currency?: Currency | undefined;
  /** Whose days and hours Gold counts by. */
  timeZone: string;
  /** Currencies of the orders where amounts of several are added as they were sent. */
  mixedCurrencies?: readonly string[] | undefined;
}

/** Name of the project, its model and its report. */
const PROJECT_NAME = 'Clicklake';
/** What Power BI Desktop opens. */
export const PROJECT_FILE = `${PROJECT_NAME}.pbip`;

const SCHEMAS = 'https://developer.microsoft.com/json-schemas/fabric';

/** Every file of the project. */
export function projectFiles(options: ProjectOptions): ProjectFile[] {
  const model = `${PROJECT_NAME}.SemanticModel`;
  const report = `${PROJECT_NAME}.Report`;
  return [
    jsonFile(PROJECT_FILE, {
      $schema: `${SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json`,
      version: '1.0',
      artifacts: [{ report: { path: report } }],
      settings: { enableAutoRecovery: true },
    }),
    // What Desktop keeps for itself: a copy of the data, and settings of one user.
    { path: '.gitignore', text: '**/.pbi/localSettings.json\n**/.pbi/cache.abf\n' },
    platformFile(model, 'SemanticModel'),
    jsonFile(`${model}/definition.pbism`, {
      $schema: `${SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json`,
      version: '4.2',
      settings: {},
    }),
    ...modelFiles(options).map(({ path, text }) => ({ path: `${model}/${path}`, text })),
    platformFile(report, 'Report'),
    jsonFile(`${report}/definition.pbir`, {
      $schema: `${SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json`,
      version: '4.0',
      datasetReference: { byPath: { path: `../${model}` } },
    }),
    ...reportFiles({ ...options, hasBands: !isDirectLake(options.source) }).map(
      ({ path, text }) => ({ path: `${report}/${path}`, text }),
    ),
  ];
}

function platformFile(folder: string, type: 'SemanticModel' | 'Report'): ProjectFile {
  return jsonFile(`${folder}/.platform`, {
    $schema: `${SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json`,
    metadata: { type, displayName: PROJECT_NAME },
    config: { version: '2.0', logicalId: guidOf('item', type) },
  });
}
