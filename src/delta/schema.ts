import { ClicklakeError } from '../errors.ts';
import { corrupt } from './corrupt.ts';
import type { JsonObject, JsonValue } from './exact-json.ts';
import { asBoolean, asObject, asString, fieldsOf } from './fields.ts';

/** Primitive types by their Delta names, for example `decimal(18,2)`. */
export type PrimitiveType =
  | 'string'
  | 'long'
  | 'integer'
  | 'short'
  | 'byte'
  | 'double'
  | 'float'
  | 'boolean'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | `decimal(${number},${number})`;

export type DeltaType =
  | PrimitiveType
  | DeltaSchema
  | { type: 'array'; elementType: DeltaType; containsNull: boolean }
  | { type: 'map'; keyType: DeltaType; valueType: DeltaType; valueContainsNull: boolean };

export interface StructField {
  name: string;
  type: DeltaType;
  nullable: boolean;
  metadata: JsonObject;
}

/** A table's columns, or those of a nested struct (PROTOCOL.md, "Schema Serialization Format"). */
export interface DeltaSchema {
  type: 'struct';
  fields: readonly StructField[];
}

/** A top-level column as Clicklake declares it. */
export interface DeltaColumn {
  name: string;
  type: PrimitiveType;
  nullable: boolean;
  comment?: string;
}

const SIMPLE_TYPES: ReadonlySet<string> = new Set([
  'string',
  'long',
  'integer',
  'short',
  'byte',
  'double',
  'float',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
]);
const DECIMAL = /^decimal\((\d+),(-?\d+)\)$/;
/** Characters that a column name cannot have without column mapping. */
const FORBIDDEN_IN_NAMES = /[ ,;{}()\n\t=]/;

/** Precision and scale of a decimal type; undefined for other types. */
export function decimalOf(type: DeltaType): { precision: number; scale: number } | undefined {
  const match = typeof type === 'string' ? DECIMAL.exec(type) : null;
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined;
}

/** Builds a schema; throws `config_invalid` for names a Delta table cannot have. */
export function schemaFromColumns(columns: readonly DeltaColumn[]): DeltaSchema {
  checkNames(columns.map(({ name }) => name));
  return { type: 'struct', fields: columns.map(fieldOf) };
}

/**
 * The schema with missing columns appended as nullable. If a column exists already, in any letter
 * case, it must have the same type; otherwise throws `config_invalid`.
 */
export function addNullableColumns(
  schema: DeltaSchema,
  columns: readonly DeltaColumn[],
): DeltaSchema {
  const existing = new Map(schema.fields.map((field) => [field.name.toLowerCase(), field]));
  const missing = columns.filter((column) => {
    const field = existing.get(column.name.toLowerCase());
    if (field !== undefined && field.type !== column.type) {
      throw new ClicklakeError(
        'config_invalid',
        `column ${column.name} is ${typeText(field.type)} in the table and ${column.type} is wanted`,
        { hint: 'keep the type, or choose another name for the new column' },
      );
    }
    return field === undefined;
  });
  if (missing.length === 0) {
    return schema;
  }
  checkNames(missing.map(({ name }) => name));
  const added = missing.map((column) => fieldOf({ ...column, nullable: true }));
  return { type: 'struct', fields: [...schema.fields, ...added] };
}

/**
 * The columns of a table, including those of other writers; undefined if one has type array, map or
 * struct.
 */
export function flatColumns(schema: DeltaSchema): DeltaColumn[] | undefined {
  const columns: DeltaColumn[] = [];
  for (const { name, type, nullable, metadata } of schema.fields) {
    if (typeof type !== 'string') {
      return undefined;
    }
    const { comment } = metadata;
    columns.push({ name, type, nullable, ...(typeof comment === 'string' ? { comment } : {}) });
  }
  return columns;
}

/** The JSON text of `metaData.schemaString`. */
export function schemaToText(schema: DeltaSchema): string {
  return JSON.stringify(schema);
}

/** Reads a parsed `metaData.schemaString`; `where` names the file. */
export function parseSchema(value: JsonValue, where: string): DeltaSchema {
  const type = parseType(value, `${where}.schemaString`);
  if (typeof type === 'string' || type.type !== 'struct') {
    throw corrupt(where, 'not a table schema');
  }
  return type;
}

/** A type as text, for messages. */
export function typeText(type: DeltaType): string {
  if (typeof type === 'string') {
    return type;
  }
  if (type.type === 'array') {
    return `array<${typeText(type.elementType)}>`;
  }
  if (type.type === 'map') {
    return `map<${typeText(type.keyType)},${typeText(type.valueType)}>`;
  }
  return `struct<${type.fields.map((field) => `${field.name}:${typeText(field.type)}`).join(',')}>`;
}

/** All fields of a schema, including those nested in structs, arrays and maps. */
export function* allFields(type: DeltaType): Generator<StructField> {
  if (typeof type === 'string') {
    return;
  }
  if (type.type === 'array') {
    yield* allFields(type.elementType);
  } else if (type.type === 'map') {
    yield* allFields(type.keyType);
    yield* allFields(type.valueType);
  } else {
    for (const field of type.fields) {
      yield field;
      yield* allFields(field.type);
    }
  }
}

function fieldOf({ name, type, nullable, comment }: DeltaColumn): StructField {
  return { name, type, nullable, metadata: comment === undefined ? {} : { comment } };
}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === '' || FORBIDDEN_IN_NAMES.test(name)) {
      throw new ClicklakeError('config_invalid', `invalid column name: "${name}"`, {
        hint: 'use a name without spaces, commas, semicolons, brackets and equals signs',
      });
    }
    if (seen.has(name.toLowerCase())) {
      throw new ClicklakeError('config_invalid', `two columns are named ${name}`, {
        hint: 'names that differ only in letter case count as the same',
      });
    }
    seen.add(name.toLowerCase());
  }
}

function parseType(value: JsonValue, where: string): DeltaType {
  if (typeof value === 'string') {
    return parsePrimitive(value, where);
  }
  const fields = fieldsOf(value, where);
  const kind = fields.required('type', asString);
  if (kind === 'array') {
    return {
      type: 'array',
      elementType: fields.required('elementType', parseType),
      containsNull: fields.optional('containsNull', asBoolean) ?? true,
    };
  }
  if (kind === 'map') {
    return {
      type: 'map',
      keyType: fields.required('keyType', parseType),
      valueType: fields.required('valueType', parseType),
      valueContainsNull: fields.optional('valueContainsNull', asBoolean) ?? true,
    };
  }
  if (kind !== 'struct') {
    throw unknownType(kind, where);
  }
  return { type: 'struct', fields: fields.required('fields', parseStructFields) };
}

function parseStructFields(value: JsonValue, where: string): StructField[] {
  if (!Array.isArray(value)) {
    throw corrupt(where, 'a list is expected');
  }
  return value.map((item: JsonValue) => {
    const fields = fieldsOf(item, where);
    const name = fields.required('name', asString);
    return {
      name,
      type: fields.required('type', (type) => parseType(type, `${where}.${name}`)),
      nullable: fields.optional('nullable', asBoolean) ?? true,
      metadata: fields.optional('metadata', asObject) ?? {},
    };
  });
}

function parsePrimitive(name: string, where: string): PrimitiveType {
  if (SIMPLE_TYPES.has(name) || DECIMAL.test(name)) {
    return name as PrimitiveType;
  }
  throw unknownType(name, where);
}

function unknownType(name: string, where: string): ClicklakeError {
  return new ClicklakeError('unsupported_table_feature', `${where} has the type ${name}`, {
    hint: 'Clicklake does not know this column type; leave the column out of the table',
  });
}
