import { DefaultSettings, TaskUtils } from '@microsoft/powerquery-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelColumn } from '../../src/metrics/metric.ts';
import { loadModel, tableColumns } from '../../src/pipeline/models.ts';
import { lakeTables } from '../../src/pipeline/tables.ts';
import { mText } from '../../src/powerbi/m-text.ts';
import { measures as listMeasures } from '../../src/powerbi/measures.ts';
import { tmdlColumn } from '../../src/powerbi/tmdl.ts';
import { parseDax, references } from '../fixtures/powerbi/dax.ts';
import { createMEvaluator } from '../fixtures/powerbi/m-evaluator.ts';
import { makeProject, ONELAKE, readModel, SETTINGS, SOURCES } from '../fixtures/powerbi/project.ts';
import { readColumnReference, unquote } from '../fixtures/powerbi/tmdl-reader.ts';

const FACTS = {
  Sessions: 'sessions',
  Visitors: 'users',
  Orders: 'orders',
  Buyers: 'rfm',
  Conversion: 'conversionMetrics',
  Events: 'eventMetrics',
  Funnel: 'funnel',
  'Product Days': 'products',
  Cohorts: 'cohorts',
} as const;
const DIMENSIONS = ['Date', 'Device', 'Country', 'Channel', 'Products'];
const MODEL_TYPES: Record<string, string[]> = {
  string: ['string'],
  long: ['int64'],
  integer: ['int64'],
  date: ['dateTime'],
  timestamp: ['dateTime'],
  boolean: ['boolean'],
  'decimal(18,2)': ['decimal'],
  'decimal(18,3)': ['double'],
};

const model = readModel(makeProject());
const tables = lakeTables(SETTINGS);

describe('the semantic model has the tables of Gold', () => {
  it('and the dimensions and measures, a file each', () => {
    const names = [...model.tables.keys()].sort();
    expect(names).toEqual([...Object.keys(FACTS), ...DIMENSIONS, 'Metrics'].sort());
    const files = makeProject().filter(({ path }) => path.includes('/tables/'));
    const others = model.otherTables.map((table) => table.name!);
    expect(others).toEqual(['Time Intelligence', 'Chosen Metric', 'Chosen Dimension']);
    expect(files.map(({ path }) => path.replace(/.*\/|\.tmdl$/g, '')).sort()).toEqual(
      [...names, ...others].sort(),
    );
  });

  it.each(Object.entries(FACTS))(
    '%s has every column that the pipeline writes but stored rates and keys of its rows, with its type and comment',
    (name, gold) => {
      const definition = tables[gold];
      const table = model.tables.get(name)!;
      const columns = new Map(
        table.columns.map((column) => [column.properties.get('sourceColumn')!, column]),
      );
      const comments = new Map(
        tableColumns(loadModel(definition.root)).map((each) => [each.name, each.comment]),
      );
      const missing: string[] = [];
      for (const { name: column, type } of definition.columns) {
        const found = columns.get(column);
        if (found === undefined) {
          missing.push(column);
        } else {
          expect(MODEL_TYPES[type], `${column} ${type}`).toContain(
            found.properties.get('dataType'),
          );
          expect(found.description).toBe(comments.get(column));
          expect(table.query).toContain(`"${column}"`);
        }
      }
      const isLeftOut =
        name === 'Sessions'
          ? /_id$|_at$|_from$|_count$/
          : name === 'Product Days'
            ? /_rate$|^product_name$|^category$|^brand$/
            : /_rate$|^purchases_per_|^average_|_id$|_at$/;
      expect(missing.filter((column) => !isLeftOut.test(column))).toEqual([]);
      const known = new Set(definition.columns.map((column) => column.name));
      const computed = [...columns.keys()].filter((column) => !known.has(column));
      for (const column of computed) {
        expect(table.query).toContain(`Table.AddColumn(`);
        expect(table.query).toContain(`"${column}"`);
      }
    },
  );

  it('takes a column that is added to Gold', () => {
    const added = {
      ...tables.sessions,
      columns: [
        ...tables.sessions.columns,
        { name: 'search_count', type: 'long' as const, nullable: true, comment: 'searches' },
      ],
    };
    const files = makeProject(SOURCES[0], false, { ...tables, sessions: added });
    const column = readModel(files)
      .tables.get('Sessions')!
      .columns.find(({ name }) => name === 'search_count');
    expect(column?.description).toBe('searches');
    expect(column?.properties.get('dataType')).toBe('int64');
  });
});

describe('every reference of the model resolves', () => {
  const columnOf = (table: string, column: string) =>
    model.tables.get(table)?.columns.find(({ name }) => name === column);

  it('in relationships, whose columns have one type and lead to a key', () => {
    for (const { from, to } of model.relationships) {
      const [many, one] = [columnOf(from.table, from.column), columnOf(to.table, to.column)];
      expect(many, `${from.table}.${from.column}`).toBeDefined();
      expect(one?.properties.get('isKey'), `${to.table}.${to.column}`).toBe('true');
      expect(many!.properties.get('dataType')).toBe(one!.properties.get('dataType'));
      expect(many!.properties.get('formatString')).toBe(one!.properties.get('formatString'));
    }
  });

  it('in measures', () => {
    for (const [name, measure] of model.measures) {
      for (const reference of references(parseDax(measure.expression!))) {
        if (reference.kind === 'measure') {
          expect(model.measures.has(reference.name), `${name}: ${reference.name}`).toBe(true);
          expect(reference.name).not.toBe(name);
        } else if (reference.kind === 'column') {
          const { table, name: column } = reference;
          expect(columnOf(table, column), `${name}: ${table}[${column}]`).toBeDefined();
        } else if (reference.kind === 'table') {
          expect(model.tables.has(reference.name), `${name}: ${reference.name}`).toBe(true);
        }
      }
    }
  });

  it('in columns that give an order, hierarchies and the list of tables', () => {
    for (const [name, { object, columns }] of model.tables) {
      for (const column of columns) {
        const by = column.properties.get('sortByColumn');
        if (by !== undefined) {
          expect(columnOf(name, by.replaceAll("'", ''))).toBeDefined();
        }
      }
      const levels = object.children.flatMap(({ children }) =>
        children.filter(({ kind }) => kind === 'level'),
      );
      for (const level of levels) {
        const column = level.properties.get('column')!.replaceAll("'", '');
        expect(columnOf(name, column), column).toBeDefined();
      }
    }
    const listed = model.all.filter(
      ({ kind, name }) => kind === 'ref' && name!.startsWith('table '),
    );
    expect(listed.map(({ name }) => unquote(name!.slice('table '.length))).sort()).toEqual(
      [...model.tables.keys(), ...model.otherTables.map(({ name }) => name!)].sort(),
    );
  });
});

describe('a field parameter', () => {
  const parameters = model.otherTables.filter(({ name }) => name!.startsWith('Chosen'));

  it.each(parameters.map((table) => [table.name!, table] as const))(
    '%s offers fields of the model that are in sight, each once',
    (_name, { children }) => {
      const partition = children.find(({ kind }) => kind === 'partition')!;
      expect(partition.expression).toBe('calculated');
      const source = partition.children[0]!.expression!;
      const fields = [...source.matchAll(/\("(.+?)", NAMEOF\('(.+?)'\[(.+?)\]\), (\d+)\)/g)];
      expect(fields).toHaveLength(source.split('NAMEOF').length - 1);
      expect(new Set(fields.map(([, label]) => label)).size).toBe(fields.length);
      for (const [index, [, label, table, field, order]] of fields.entries()) {
        const { columns, measures } = model.tables.get(table!)!;
        const found = [...columns, ...measures].find(({ name }) => name === field);
        expect(found?.properties.has('isHidden'), `${table}[${field}]`).toBe(false);
        expect([label, Number(order)]).toEqual([field, index]);
      }
    },
  );

  it.each(parameters.map((table) => [table.name!, table] as const))(
    '%s has the columns by which Power BI knows it',
    (name, { children }) => {
      const [shown, fields, order] = children.filter(({ kind }) => kind === 'column');
      expect([shown!.name, fields!.name, order!.name]).toEqual([
        ...[name, `${name} Fields`, `${name} Order`],
      ]);
      const groupBy = shown!.children.find(({ kind }) => kind === 'relatedColumnDetails')!;
      expect(unquote(groupBy.properties.get('groupByColumn')!)).toBe(fields!.name);
      const metadata = fields!.children.find(({ kind }) => kind === 'extendedProperty')!;
      expect(metadata.name).toBe('ParameterMetadata');
      expect(JSON.parse(metadata.expression!)).toEqual({ version: 3, kind: 2 });
      for (const column of [shown!, fields!]) {
        expect(unquote(column.properties.get('sortByColumn')!)).toBe(order!.name);
      }
    },
  );
});

describe('the model keeps the rules that professionals check', () => {
  const columns = [...model.tables].flatMap(([table, { columns }]) =>
    columns.map((column) => ({ table, column, is: (flag: string) => column.properties.has(flag) })),
  );
  const measures = [...model.measures.values()];

  it('has a star: facts lead to dimensions, filters flow one way, no pair of tables has two relationships', () => {
    const pairs = model.relationships.map(({ from, to }) => `${from.table} ${to.table}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    for (const { from, to, object } of model.relationships) {
      expect(Object.keys(FACTS)).toContain(from.table);
      expect(DIMENSIONS).toContain(to.table);
      expect([...object.properties.keys()]).toEqual(['fromColumn', 'toColumn']);
    }
    expect(pairs.sort()).toEqual(
      [
        ...Object.keys(FACTS).map((fact) => `${fact} Date`),
        ...['Sessions', 'Events', 'Funnel'].flatMap((fact) => [
          `${fact} Device`,
          `${fact} Country`,
        ]),
        ...['Sessions', 'Visitors', 'Orders', 'Funnel', 'Cohorts'].map((fact) => `${fact} Channel`),
        'Product Days Products',
      ].sort(),
    );
  });

  it('has one marked table of dates, whose key is a day', () => {
    const marked = [...model.tables.values()].filter(
      ({ object }) => object.properties.get('dataCategory') === 'Time',
    );
    expect(marked.map(({ object }) => object.name)).toEqual(['Date']);
    const key = marked[0]!.columns.filter(({ properties }) => properties.has('isKey'));
    expect(key.map(({ name, properties }) => [name, properties.get('dataType')])).toEqual([
      ['Date', 'dateTime'],
    ]);
    expect(columns.map(({ column }) => column.name)).toEqual(
      expect.arrayContaining(['Year', 'Quarter', 'Month', 'Week', 'Weekday']),
    );
  });

  it('sums nothing by itself', () => {
    expect(columns.every(({ column }) => column.properties.get('summarizeBy') === 'none')).toBe(
      true,
    );
    expect(
      model.all.find(({ kind }) => kind === 'model')?.properties.has('discourageImplicitMeasures'),
    ).toBe(true);
  });

  it('hides foreign keys, identifiers and raw numbers of facts', () => {
    const foreign = new Set(model.relationships.map(({ from }) => `${from.table}.${from.column}`));
    const isFact = (table: string) => Object.hasOwn(FACTS, table);
    const wrong = columns.filter(({ table, column, is }) => {
      const isRaw =
        isFact(table) &&
        /_count$|_seconds$|^revenue$|^sessions$|^visitors$|views$|carts$|^checkouts$|^purchases$|^reached_|^bounces$|^(?:session|user)_id$/.test(
          column.name!,
        );
      return (isRaw || foreign.has(`${table}.${column.name}`)) && !is('isHidden');
    });
    expect(wrong.map(({ table, column }) => `${table}.${column.name}`)).toEqual([]);
  });

  it('names what can be seen in words, and what is hidden as in Gold', () => {
    for (const { column, is } of columns) {
      const source = column.properties.get('sourceColumn');
      if (!is('isHidden')) {
        expect(column.name).toMatch(/^[A-Z][a-zA-Z]*(?: [A-Z][a-zA-Z]*)*$/);
      } else {
        expect([source, modelColumn(source!)]).toContain(column.name);
      }
    }
  });

  it('hides tables that have nothing to see', () => {
    for (const { object, columns: own, measures: ownMeasures } of model.tables.values()) {
      const isEmpty =
        ownMeasures.length === 0 && own.every(({ properties }) => properties.has('isHidden'));
      expect(object.properties.has('isHidden'), object.name).toBe(isEmpty);
    }
  });

  it('describes and formats everything that can be seen', () => {
    for (const measure of measures) {
      expect(measure.description, measure.name).toMatch(/\S.*\.$/);
      expect(measure.properties.get('formatString'), measure.name).toBeDefined();
      expect(measure.properties.get('displayFolder'), measure.name).toBeDefined();
    }
    for (const { column } of columns) {
      expect(column.description, column.name).toMatch(/\S/);
      const isNumber = ['int64', 'double', 'decimal'].includes(column.properties.get('dataType')!);
      if (isNumber) {
        expect(column.properties.get('formatString'), column.name).toBeDefined();
      }
    }
    for (const { object } of model.tables.values()) {
      expect(object.description).toMatch(/\S/);
    }
  });

  it('says of every sum of money which currency it is in', () => {
    const sums = measures.filter(({ expression }) => /\[revenue_amount\]/.test(expression!));
    expect(sums.map(({ name }) => name)).toEqual([
      'Revenue per Visitor First Seen',
      'Revenue',
      'Gross Revenue',
      'Net Revenue',
      'Net Revenue of Buyers',
      'Item Revenue',
      'Cohort Revenue',
    ]);
    for (const { name, description } of sums) {
      expect(description, name).toContain('money.currency');
    }
  });

  it('divides with DIVIDE, names columns with their table, measures without', () => {
    for (const { name, expression } of measures) {
      expect(expression, name).not.toMatch(/(?<!N)\//);
      const broken = references(parseDax(expression!)).filter(
        (reference) =>
          reference.kind === 'column' &&
          reference.table === 'Metrics' &&
          !['Last Refreshed', 'Last Event'].includes(name!),
      );
      expect(broken).toEqual([]);
    }
  });

  it('gives variables names that no table has, whatever own models are called', () => {
    const expressions = model.all.flatMap(({ kind, expression }) =>
      ['measure', 'calculationItem'].includes(kind) ? [expression!] : [],
    );
    const variables = expressions.flatMap((dax) =>
      [...dax.matchAll(/\bVAR\s+(\w+)/g)].map(([, name]) => name!),
    );
    expect(variables.length).toBeGreaterThan(5);
    expect(variables.filter((name) => !name.startsWith('__'))).toEqual([]);
  });

  it('makes every rate of additive counts, never of stored rates', () => {
    const stored = columns.filter(({ column }) => /_rate$|_per_/.test(column.name!));
    expect(stored).toEqual([]);
  });

  it('gives no measure the name of a column of any table', () => {
    const names = new Set(columns.map(({ column }) => column.name!.toLowerCase()));
    expect(
      measures.filter(({ name }) => names.has(name!.toLowerCase())).map(({ name }) => name),
    ).toEqual([]);
  });

  it('loads no column of sessions that is not in sight and that nothing needs', () => {
    const used = new Set([
      ...measures.flatMap(({ expression }) =>
        references(parseDax(expression!)).flatMap((each) =>
          each.kind === 'column' && each.table === 'Sessions' ? [each.name] : [],
        ),
      ),
      ...model.relationships.flatMap(({ from }) =>
        from.table === 'Sessions' ? [from.column] : [],
      ),
      ...columns.flatMap(({ column }) => column.properties.get('sortByColumn') ?? []),
    ]);
    const unused = columns.filter(
      ({ table, column, is }) => table === 'Sessions' && is('isHidden') && !used.has(column.name!),
    );
    expect(unused.map(({ column }) => column.name)).toEqual([]);
  });

  it('keeps hidden columns from Excel, but those that give another one its order', () => {
    for (const { object, columns: own } of model.tables.values()) {
      const orders = own.flatMap(({ properties }) => properties.get('sortByColumn') ?? []);
      for (const { name, properties } of own) {
        const isKept = properties.get('isAvailableInMdx') === 'false';
        const isOrder = orders.some((by) => unquote(by) === name);
        expect(isKept, `${object.name}.${name}`).toBe(properties.has('isHidden') && !isOrder);
      }
    }
  });

  it('has unique names and unique identifiers', () => {
    const names = measures.map(({ name }) => name!.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
    for (const { columns: own, measures: ownMeasures } of model.tables.values()) {
      const inTable = [...own, ...ownMeasures].map(({ name }) => name!.toLowerCase());
      expect(new Set(inTable).size).toBe(inTable.length);
    }
    const tags = model.all.flatMap(({ properties }) => properties.get('lineageTag') ?? []);
    const ids = [...tags, ...model.relationships.map(({ object }) => object.name!)];
    expect(tags.length).toBeGreaterThan(150);
    expect(new Set(ids).size).toBe(ids.length);
    const isGuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(ids.every((id) => isGuid.test(id))).toBe(true);
  });

  it('names the partition of a table like the table', () => {
    for (const [name, { object }] of model.tables) {
      const partitions = object.children.filter(({ kind }) => kind === 'partition');
      expect(partitions.map((partition) => partition.name)).toEqual([name]);
    }
  });
});

describe('incremental refresh', () => {
  const policies = (index: number) =>
    readModel(makeProject(SOURCES[index])).all.filter(({ kind }) => kind === 'refreshPolicy');

  it('is that of sessions where the source filters by date, as their query does', () => {
    const { tables, parameters, all } = readModel(makeProject(SOURCES[2]));
    const [policy, ...others] = all.filter(({ kind }) => kind === 'refreshPolicy');
    expect(others).toEqual([]);
    const { object, query } = tables.get('Sessions')!;
    expect(object.children).toContain(policy);
    expect(policy!.children[0]!.expression).toBe(query);
    const [, source, first] = query.split('\n').map((line) => line.trim());
    expect(source).toMatch(/^Source = Databricks/);
    // First of all, with one of the bounds not in it.
    expect(first).toBe(
      'InRange = Table.SelectRows(Source, each [session_date] >= Date.From(RangeStart) and [session_date] < Date.From(RangeEnd)),',
    );
    const range = parameters.filter(({ name }) => name!.startsWith('Range'));
    expect(range.map(({ name }) => name)).toEqual(['RangeStart', 'RangeEnd']);
    for (const { expression } of range) {
      expect(expression).toContain('IsParameterQuery=true, Type="DateTime"');
    }
  });

  it('no other table reads sessions: it would see the part alone', () => {
    for (const [name, { query }] of readModel(makeProject(SOURCES[2])).tables) {
      expect(query, name).not.toMatch(/\bSessions\[/);
    }
  });

  it.each([0, 1])('is none for a folder, which is read whole for each part', (index) => {
    expect(policies(index)).toEqual([]);
    const text = makeProject(SOURCES[index]).map((file) => file.text);
    expect(text.filter((each) => each.includes('RangeStart'))).toEqual([]);
  });
});

describe('a model by Direct Lake', () => {
  const inPlace = readModel(makeProject(ONELAKE));
  const facts = [...inPlace.tables].filter(([, { entity }]) => entity !== undefined);

  it('reads the facts in place, by the names of their folders', () => {
    expect(facts.map(([name]) => name).sort()).toEqual(Object.keys(FACTS).sort());
    for (const [name, { object, entity }] of facts) {
      const partition = object.children.find(({ kind }) => kind === 'partition')!;
      expect(partition.properties.get('mode')).toBe('directLake');
      const [source] = partition.children;
      expect(Object.fromEntries(source!.properties)).toEqual({
        ...{ entityName: entity, schemaName: 'gold', expressionSource: 'DirectLake' },
      });
      const { root } = tables[FACTS[name as keyof typeof FACTS]];
      expect(root).toBe(`gold/${entity}`);
      expect(object.properties.get('sourceLineageTag')).toBe(`[gold].[${entity}]`);
    }
    const shared = inPlace.parameters.find(({ name }) => name === 'DirectLake')!;
    expect(shared.expression).toContain(
      'AzureStorage.DataLake("https://onelake.dfs.fabric.microsoft.com/Shop%20%22A%22/Clicks.Lakehouse", [HierarchicalNavigation=true])',
    );
  });

  it('has the columns of Gold alone, under their own names, with the types that they have there', () => {
    for (const [name, { columns }] of facts) {
      const gold = tables[FACTS[name as keyof typeof FACTS]].columns;
      for (const { name: column, properties, children } of columns) {
        const source = properties.get('sourceColumn')!;
        const { type } = gold.find((each) => each.name === source)!;
        const expected = type.startsWith('decimal') ? ['decimal'] : MODEL_TYPES[type];
        expect(expected, `${name}.${source}`).toContain(properties.get('dataType'));
        expect(properties.get('sourceLineageTag')).toBe(source);
        const changed = children.filter(({ kind }) => kind === 'changedProperty');
        expect(changed.map(({ expression }) => expression)).toEqual(
          column === source ? [] : ['Name'],
        );
      }
    }
  });

  it('has the other tables loaded, by queries that read what they need themselves', () => {
    const loaded = [...inPlace.tables].filter(([, { entity }]) => entity === undefined);
    expect(loaded.map(([name]) => name)).toEqual(['Metrics', ...DIMENSIONS]);
    for (const [, { query }] of loaded) {
      const used = [...query.matchAll(/\b(\w+)\[\w+\]/g)].map(([, name]) => name!);
      const read = used.filter((name) => Object.hasOwn(FACTS, name));
      for (const name of read) {
        expect(query).toContain(`${name} = let\n`);
      }
    }
  });

  it('leaves bots out in measures, once, and only where they do not count', () => {
    const filter = 'KEEPFILTERS(Sessions[Is Bot] = FALSE())';
    const sessions = inPlace.measures.get('Sessions')!.expression!;
    expect(sessions).toBe(`CALCULATE(\n    COUNTROWS(Sessions),\n    ${filter}\n)`);
    expect(inPlace.measures.get('Bounced Sessions')?.expression).not.toContain(filter);
    const counted = readModel(makeProject(ONELAKE, false, tables, true)).measures;
    expect([...counted.values()].filter(({ expression }) => expression!.includes(filter))).toEqual(
      [],
    );
    expect(counted.get('Sessions')?.expression).toBe('COUNTROWS(Sessions)');
  });
});

describe('generating is deterministic', () => {
  it('gives the same bytes again, the same identifiers for another source', () => {
    expect(makeProject()).toEqual(makeProject());
    const tagsOf = (index: number) =>
      readModel(makeProject(SOURCES[index])).all.flatMap(({ kind, name, properties }) =>
        ['expression', 'annotation', 'refreshPolicy', 'sourceExpression'].includes(kind)
          ? []
          : [`${kind} ${name} ${properties.get('lineageTag')}`],
      );
    expect(tagsOf(1)).toEqual(tagsOf(0));
    expect(tagsOf(2)).toEqual(tagsOf(0));
  });

  it('leaves the checkout out of the funnel of a shop that has none', () => {
    const files = makeProject(SOURCES[0], true);
    const { measures } = readModel(files);
    expect([...measures.keys()].filter((name) => /^Funnel Checkout/.test(name))).toEqual([]);
    expect(files.filter(({ text }) => text.includes('Funnel Checkout'))).toEqual([]);
    expect(measures.get('Funnel Purchase Drop-off')?.expression).toContain('[Funnel Add-to-Cart]');
  });
});

describe('text of any kind', () => {
  it('is the same after M has read it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        const evaluate = await createMEvaluator(new Map([['it', mText(text)]]), {});
        expect(evaluate('it')).toBe(text);
      }),
    );
  });

  it('is the same after TMDL has read it as a name', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(name, name, (table, column) => {
        expect(readColumnReference(tmdlColumn(table, column))).toEqual({ table, column });
      }),
    );
  });
});

describe('every M expression is valid', () => {
  const expressions = [...SOURCES, ONELAKE].flatMap((source) => {
    const { tables, parameters } = readModel(makeProject(source));
    return [
      ...[...tables]
        .filter(([, { entity }]) => entity === undefined)
        .map(([name, { query }]) => [`${source.kind} ${name}`, query] as const),
      ...parameters.map(({ name, expression }) => [`${source.kind} ${name}`, expression!] as const),
    ];
  });

  it.each(expressions)('%s', async (_name, text) => {
    const task = await TaskUtils.tryLexParse(DefaultSettings, text);
    expect(TaskUtils.isError(task) ? task.error.message : 'parsed').toBe('parsed');
  });

  it.each(['let a = in a', '"one" "two"', 'let a = {1, in a'])('%s is not', async (text) => {
    expect(TaskUtils.isError(await TaskUtils.tryLexParse(DefaultSettings, text))).toBe(true);
  });

  it.each([
    [String.raw`C:\lake\gold`, String.raw`"C:\lake\gold"`],
    ['say "x"', '"say ""x"""'],
    ['#(lf)', '"#(#)(lf)"'],
    ['a\nb\tc', '"a#(000a)b#(0009)c"'],
    ["O'Neil é 日本", '"O\'Neil é 日本"'],
  ])('%j is the text %s', async (value, text) => {
    expect(mText(value)).toBe(text);
    const task = await TaskUtils.tryLexParse(DefaultSettings, text);
    expect(TaskUtils.isError(task)).toBe(false);
  });

  it('has the connection of the lake inside, and nothing of another kind', () => {
    const text = (index: number) =>
      makeProject(SOURCES[index])
        .filter(({ path }) => path.endsWith('.tmdl'))
        .map((file) => file.text)
        .join('\n');
    expect(text(0)).toContain(
      String.raw`expression GoldFolder = "C:\Users\Ann ""the data"" O'Neil\#(#)(lf)\lake\gold" meta`,
    );
    expect(text(0)).toContain(
      String.raw`DeltaLake.Table(Folder.Contents(GoldFolder & "\sessions"))`,
    );
    expect(text(0)).not.toMatch(/AzureStorage|Databricks/);
    expect(text(1)).toContain('"https://acme.dfs.core.windows.net/shop/lake/gold"');
    expect(text(1)).not.toMatch(/Folder\.Contents|Databricks/);
    expect(text(2)).toContain('[Name = "gold_sessions", Kind = "Table"]');
    expect(text(2)).toContain('"click""lake"');
    expect(text(2)).not.toMatch(/DeltaLake|AzureStorage/);
  });
});

it.each([
  [{ code: 'EUR', digits: 2 }, '#,0.00\\ \\E\\U\\R'],
  [{ code: 'JPY', digits: 0 }, '#,0\\ \\J\\P\\Y'],
  [undefined, '#,0.00\\ ¤'],
])('shows sums of money in %j', (currency, format) => {
  const found = listMeasures({ isCheckoutSkipped: false, currency }).filter(({ name }) =>
    ['Revenue', 'Refunded', 'Net Revenue', 'Average Order Value', 'Item Revenue'].includes(name),
  );
  expect(found.map((measure) => measure.format)).toEqual(Array(5).fill(format));
});
