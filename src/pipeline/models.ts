/** Loads the SQL files under models/, which define the content of every table. */
import { readdirSync, readFileSync } from 'node:fs';
import type { DeltaColumn, PrimitiveType } from '../delta/schema.ts';
import { ClicklakeError } from '../errors.ts';
import { type ModelHeader, parseHeader } from './model-header.ts';

const MODELS = new URL('../../models/', import.meta.url);

export interface Model extends ModelHeader {
  /** The file name for error messages. */
  file: string;
  sql: string;
}

/** The text of `models/<name>.sql`. */
export function readModel(name: string): string {
  return readFileSync(new URL(`${name}.sql`, MODELS), 'utf8').trim();
}

/** `models/<path>.sql` with its header. */
export function loadModel(path: string): Model {
  const sql = readModel(path);
  const file = `models/${path}.sql`;
  return { ...parseHeader(sql, file), file, sql };
}

/** All models of a folder under models/, by the name in their header. */
export function loadModels(folder: 'silver' | 'gold'): Map<string, Model> {
  const files = readdirSync(new URL(folder, MODELS)).filter((name) => name.endsWith('.sql'));
  const models = files.map((name) => loadModel(`${folder}/${name.slice(0, -'.sql'.length)}`));
  return new Map(models.map((model) => [model.name, model]));
}

/**
 * The columns of a table. Its model's last SELECT declares one per line, `CAST(… AS <type>) AS
 * <name>`, followed by a comment: the meaning, the unit in brackets and, if the column can be null,
 * `; null: <what that means>`.
 */
export function tableColumns({ sql, file }: Pick<Model, 'sql' | 'file'>): DeltaColumn[] {
  const start = sql.startsWith('SELECT') ? 0 : sql.lastIndexOf('\nSELECT') + 1;
  const firstLine = sql.slice(0, start).split('\n').length;
  return sql
    .slice(start)
    .split('\n')
    .flatMap((text, index) => {
      const [, code = '', comment] = /^(.+?)\s+-- (.+)$/.exec(text) ?? [];
      if (comment === undefined || /^\s*(?:SELECT)?\s*$/.test(code)) {
        return [];
      }
      return [parseColumn(code, comment.trim(), `${file}, line ${firstLine + index}`)];
    });
}

function parseColumn(code: string, comment: string, place: string): DeltaColumn {
  const [, sqlType = '', name = ''] = /\bAS (\w+(?:\(\d+, ?\d+\))?)\) AS (\w+),?$/.exec(code) ?? [];
  const type = deltaType(sqlType);
  if (type !== undefined) {
    return { name, type, nullable: true, comment };
  }
  throw new ClicklakeError(
    'config_invalid',
    `${place}: a column is written CAST(… AS <type>) AS <name>, with a type of ${[...DELTA_TYPES.keys()].join(', ')}, DECIMAL(p,s)`,
    { hint: 'the last SELECT of a model says the type of every column' },
  );
}

function deltaType(sqlType: string): PrimitiveType | undefined {
  const [, precision, scale] = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(sqlType) ?? [];
  return precision === undefined
    ? DELTA_TYPES.get(sqlType)
    : `decimal(${Number(precision)},${Number(scale)})`;
}

const DELTA_TYPES: ReadonlyMap<string, PrimitiveType> = new Map([
  ['STRING', 'string'],
  ['INT', 'integer'],
  ['BIGINT', 'long'],
  ['DOUBLE', 'double'],
  ['BOOLEAN', 'boolean'],
  ['DATE', 'date'],
  ['TIMESTAMP_LTZ', 'timestamp'],
]);
