import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { allMetrics } from '../../src/metrics/metrics.ts';
import { makeProject, ONELAKE, readModel, SOURCES } from '../fixtures/powerbi/project.ts';
import { areApart, fieldsIn, isJson, readReport } from '../fixtures/powerbi/report.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';

const SCHEMAS = sharedPath('schemas/powerbi/fabric');
const ADDRESS = 'https://developer.microsoft.com/json-schemas/fabric/';
const files = makeProject();
const { parsed, visuals, pages, order } = readReport(files);

describe.skipIf(!hasShared)('every JSON file is valid (needs the shared schemas)', () => {
  const ajv = hasShared ? openSchemas() : undefined;

  it.each([
    ...[...SOURCES, ONELAKE].map((source) => [source.kind, source, false] as const),
    ['a shop without checkout', SOURCES[0]!, true] as const,
  ])('for %s', (_name, source, isCheckoutSkipped) => {
    const problems = makeProject(source, isCheckoutSkipped)
      .filter(({ path, text }) => isJson(text) && !path.endsWith('Theme.json'))
      .flatMap(({ path, text }) => {
        const json = JSON.parse(text);
        const validate = ajv!.getSchema(json.$schema) as ValidateFunction | undefined;
        if (validate === undefined) {
          return [`${path}: no schema ${json.$schema}`];
        }
        return validate(json) ? [] : [`${path}: ${ajv!.errorsText(validate.errors)}`];
      });
    expect(problems).toEqual([]);
  });

  it('and one with a property of another place is not', () => {
    const { json } = visuals[0]!;
    const validate = ajv!.getSchema(json.$schema) as ValidateFunction;
    expect(validate({ ...json, visual: { ...json.visual, titel: 'x' } })).toBe(false);
    expect(validate({ ...json, position: { ...json.position, x: '1' } })).toBe(false);
  });
});

/** The schemas, under the addresses that files name; they refer to each other by relative ones. */
function openSchemas(): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
  const names = readdirSync(SCHEMAS, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const schema = JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8'));
    const address = ADDRESS + name.replaceAll('\\', '/');
    ajv.addSchema({ ...schema, $id: address }, address);
  }
  return ajv;
}

interface Case {
  Condition: { Comparison: { ComparisonKind: number; Left: { Measure: { Property: string } } } };
  Value: { Literal: { Value: string } };
}

const METRICS = new Map(
  allMetrics({ isCheckoutSkipped: false }).map((metric) => [metric.name, metric]),
);

/** The pages that can be chosen. */
const LISTED = [
  'overview',
  'acquisition',
  'funnel',
  'sessions',
  'orders',
  'buyers',
  'retention',
  'products',
  'explore',
];

describe('the report', () => {
  const model = readModel(files);

  it('has the pages in order, those that are reached from others behind', () => {
    expect(order.pageOrder).toEqual([
      ...LISTED,
      'session-details',
      'product-details',
      'day-tooltip',
      'money-tooltip',
    ]);
    expect(order.activePageName).toBe('overview');
    expect(pages.map(({ json }) => json.name).sort()).toEqual([...order.pageOrder].sort());
    const hidden = pages.filter(({ json }) => json.visibility === 'HiddenInViewMode');
    expect(hidden.map(({ json }) => json.name)).toEqual(order.pageOrder.slice(LISTED.length));
  });

  it('names only fields that the model has, measures as measures and columns as columns', () => {
    const missing = parsed.flatMap(({ path, json }) =>
      fieldsIn(json)
        .filter(([kind, table, name]) => {
          const object =
            model.tables.get(table)?.object ??
            model.otherTables.find((each) => each.name === table);
          const wanted = kind.toLowerCase();
          return !object?.children.some((each) => each.kind === wanted && each.name === name);
        })
        .map((field) => `${path}: ${field.join(' ')}`),
    );
    expect(missing).toEqual([]);
    expect(visuals.flatMap(({ json }) => fieldsIn(json)).length).toBeGreaterThan(100);
  });

  it('names projections as the fields they show', () => {
    for (const { json } of visuals) {
      const roles = Object.values(json.visual.query?.queryState ?? {}) as {
        projections: { field: object; queryRef: string; nativeQueryRef: string }[];
      }[];
      for (const { field, queryRef, nativeQueryRef } of roles.flatMap((role) => role.projections)) {
        const [[, table, name]] = fieldsIn(field) as [[string, string, string]];
        expect([queryRef, nativeQueryRef]).toEqual([`${table}.${name}`, name]);
      }
    }
  });

  it('gives every visual an alternative text, and every chart, table and slicer a title', () => {
    for (const { path, json } of visuals) {
      const { general, title } = json.visual.visualContainerObjects;
      expect(general[0].properties.altText.expr.Literal.Value, path).toMatch(/^'.{10,}'$/s);
      if (!['cardVisual', 'textbox', 'actionButton'].includes(json.visual.visualType)) {
        expect(title[0].properties.text.expr.Literal.Value, path).toMatch(/^'.+'$/);
      }
    }
  });

  it('gives no two visuals of a page one alternative text', () => {
    const texts = visuals.map(
      ({ page, json }) =>
        `${page}: ${json.visual.visualContainerObjects.general[0].properties.altText.expr.Literal.Value}`,
    );
    expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
    expect(texts.filter((text) => text.includes('undefined'))).toEqual([]);
    // What Power BI keeps of one.
    expect(texts.filter((text) => text.length > 250)).toEqual([]);
  });

  it.each([
    // The fifths of buyers are of all of them, and a cohort is a week.
    ['overview', ['Date Period', 'Date Date', 'Device Device', 'Country Country']],
    ['acquisition', ['Date Period', 'Date Date', 'Device Device', 'Country Country']],
    ['funnel', ['Date Period', 'Date Date', 'Device Device', 'Country Country']],
    ['sessions', ['Date Period', 'Date Date', 'Device Device', 'Country Country']],
    ['orders', ['Date Period', 'Date Date', 'Channel Channel']],
    ['buyers', []],
    ['retention', ['Channel Channel']],
    ['products', ['Date Period', 'Date Date']],
    [
      'explore',
      [
        'Date Period',
        'Date Date',
        'Chosen Metric Chosen Metric',
        'Chosen Dimension Chosen Dimension',
      ],
    ],
  ])('has on the page %s the slicers that its facts know, moving together', (page, groups) => {
    const slicers = visuals.filter(
      ({ page: on, json }) => on === page && json.visual.visualType === 'slicer',
    );
    expect(slicers.map(({ json }) => json.visual.syncGroup.groupName).sort()).toEqual(
      groups.toSorted(),
    );
  });

  it('has the visuals that each page is for', () => {
    const types = (page: string) =>
      visuals.filter((visual) => visual.page === page).map(({ json }) => json.visual.visualType);
    expect(types('overview')).toEqual(
      expect.arrayContaining(['cardVisual', 'lineChart', 'clusteredBarChart']),
    );
    expect(types('funnel')).toEqual(expect.arrayContaining(['funnel', 'cardVisual', 'lineChart']));
    expect(types('sessions')).toEqual(
      expect.arrayContaining(['clusteredColumnChart', 'pivotTable', 'cardVisual']),
    );
    expect(types('products')).toEqual(expect.arrayContaining(['tableEx', 'clusteredBarChart']));
  });

  it('shows with a figure its change, marked and in points as on the dashboard', () => {
    const changes = visuals.flatMap(({ page, json }) => {
      const [figure] = json.visual.query?.queryState.Data?.projections ?? [];
      const label = json.visual.objects?.referenceLabel?.[1];
      return label === undefined ? [] : [{ page, label, figure, objects: json.visual.objects }];
    });
    expect(changes.filter(({ page }) => page === 'overview')).toHaveLength(6);
    for (const { label, figure, objects } of changes) {
      const name = figure.nativeQueryRef as string;
      const shown = label.properties.value.expr.Measure.Property as string;
      expect(shown).toBe(`${name} Change Shown`);
      expect(label.selector.metadata).toBe(figure.queryRef);
      const { format, isRiseBad = false } = METRICS.get(name)!;
      const mark = model.measures.get(shown)!.properties.get('formatString');
      expect(mark, name).toBe(
        format === 'rate'
          ? '▲\\ +#,0.00\\ \\p\\p;▼\\ \\−#,0.00\\ \\p\\p;±#,0.00\\ \\p\\p'
          : '▲\\ +#,0.0%;▼\\ \\−#,0.0%;±#,0.0%',
      );
      const { Cases } =
        objects.referenceLabelValue[1].properties.valueFontColor.solid.color.expr.Conditional;
      const colours = Cases.map(({ Condition, Value }: Case) => [
        Condition.Comparison.ComparisonKind,
        Condition.Comparison.Left.Measure.Property,
        Value.Literal.Value,
      ]);
      const [good, bad] = ["'#0F766E'", "'#B91C1C'"];
      expect(colours, name).toEqual([
        [1, shown, isRiseBad ? bad : good],
        [3, shown, isRiseBad ? good : bad],
      ]);
    }
    const compared = new Set(changes.map(({ page, figure }) => `${page} ${figure.queryRef}`));
    const plain = visuals
      .filter(({ json }) => json.visual.visualType === 'cardVisual')
      .map(
        ({ page, json }) => `${page} ${json.visual.query.queryState.Data.projections[0].queryRef}`,
      )
      .filter((each) => !compared.has(each) && !/ Metrics\.Last (Event|Refreshed)$/.test(each));
    // The former have every day of the data, the latter one day.
    expect(
      plain.filter((each) => !/^(buyers|retention|day-tooltip|money-tooltip) /.test(each)),
    ).toEqual([]);
  });

  it('uses every hidden measure, or another measure does', () => {
    const hidden = [...model.measures.values()].filter(({ properties }) =>
      properties.has('isHidden'),
    );
    // Some figures are only on the cards of a shop without checkout.
    const others = readReport(makeProject(SOURCES[0], true)).parsed;
    const used = new Set([
      ...[...parsed, ...others].flatMap(({ json }) => fieldsIn(json)).map(([, , name]) => name),
      ...[...model.measures.values()].flatMap(({ expression }) =>
        [...expression!.matchAll(/\[([^\]]+)\]/g)].map(([, name]) => name!),
      ),
    ]);
    expect(hidden.length).toBeGreaterThan(50);
    expect(hidden.map(({ name }) => name!).filter((name) => !used.has(name))).toEqual([]);
  });

  it('lays every visual on the one grid, within the page, none over another', () => {
    const pitch = { x: 105, y: 25 };
    const [margin, gap] = [16, 12];
    const parts = (length: number, step: number) => (length + gap) / step;
    for (const { json: page } of pages) {
      const places = visuals.filter((each) => each.page === page.name).map(({ json }) => json);
      expect(parts(page.width - 2 * margin, pitch.x) % 1, page.name).toBe(0);
      expect(parts(page.height - 2 * margin, pitch.y) % 1, page.name).toBe(0);
      for (const { name, position: a } of places) {
        const cells = [
          (a.x - margin) / pitch.x,
          (a.y - margin) / pitch.y,
          parts(a.width, pitch.x),
          parts(a.height, pitch.y),
        ];
        expect(
          cells.map((cell) => cell % 1),
          name,
        ).toEqual([0, 0, 0, 0]);
        expect(a.x >= margin && a.y >= margin, name).toBe(true);
        expect(a.x + a.width <= page.width - margin, name).toBe(true);
        expect(a.y + a.height <= page.height - margin, name).toBe(true);
        for (const { name: other, position: b } of places) {
          expect(name === other || areApart(a, b), `${page.name}: ${name} and ${other}`).toBe(true);
        }
      }
    }
  });

  it('has unique names, the same in the folder and in the file, and a tab order', () => {
    for (const { path, json } of visuals) {
      expect(path).toContain(`/visuals/${json.name}/visual.json`);
      expect(json.name).toMatch(/^[\w-]{1,50}$/);
    }
    for (const page of new Set(visuals.map(({ page }) => page))) {
      const own = visuals.filter((each) => each.page === page);
      expect(new Set(own.map(({ json }) => json.position.tabOrder)).size).toBe(own.length);
    }
    const filters = visuals.flatMap(({ json }) => json.filterConfig?.filters ?? []);
    expect(new Set(filters.map(({ name }) => name)).size).toBe(filters.length);
  });

  it('keeps to paths and bytes that Fabric takes', () => {
    for (const { path, text } of files) {
      expect(path).toMatch(/^[\w ./-]+$/);
      expect(text.startsWith('\uFEFF') || text.includes('\r')).toBe(false);
    }
  });

  it('registers the theme that it uses', () => {
    const report = parsed.find(({ path }) => path.endsWith('/definition/report.json'))!.json;
    const { name } = report.themeCollection.customTheme;
    expect(report.resourcePackages[0].items[0]).toEqual({ name, path: name, type: 'CustomTheme' });
    const theme = parsed.find(({ path }) => path.endsWith(`/RegisteredResources/${name}`));
    expect(theme?.json.name).toBe(name);
    expect(theme?.json.dataColors.length).toBeGreaterThan(5);
  });
});
