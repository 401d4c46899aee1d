/** Pages that are reached from others, and bookmarks. */
import { describe, expect, it } from 'vitest';
import { FIELD_PARAMETERS } from '../../src/powerbi/field-parameters.ts';
import { makeProject } from '../fixtures/powerbi/project.ts';
import { fieldsIn, type ReadJson, readReport } from '../fixtures/powerbi/report.ts';

const { parsed, pages, visuals } = readReport(makeProject());
const pagesOf = (type: string) =>
  pages.map(({ json }) => json).filter((page) => page.type === type);
const nameOf = (field: object) => fieldsIn(field)[0]!.slice(1).join(' ');

describe('drill-through', () => {
  const targets = pagesOf('Drillthrough');

  it('leads to details of sessions and of products', () => {
    expect(targets.map(({ name }) => name)).toEqual(['session-details', 'product-details']);
  });

  it.each(targets.map((page) => [page.name, page]))(
    '%s has each field as a parameter, bound to a filter of the page without a condition',
    (_name, { pageBinding, filterConfig }) => {
      expect(pageBinding.type).toBe('Drillthrough');
      expect(pageBinding.parameters).toHaveLength(filterConfig.filters.length);
      for (const [index, { boundFilter, fieldExpr }] of pageBinding.parameters.entries()) {
        const filter = filterConfig.filters[index];
        expect(filter).toEqual({
          name: boundFilter,
          field: fieldExpr,
          type: 'Categorical',
          howCreated: 'Drillthrough',
        });
      }
    },
  );

  it.each(targets.map(({ name }) => [name]))('%s has a way back, and no slicers', (name) => {
    const own = visuals.filter(({ page }) => page === name).map(({ json }) => json.visual);
    expect(own.filter(({ visualType }) => visualType === 'slicer')).toEqual([]);
    const links = own.flatMap((visual) => visual.visualContainerObjects.visualLink ?? []);
    expect(links.map(({ properties }) => properties.type.expr.Literal.Value)).toEqual(["'Back'"]);
  });

  it('is offered by every chart, table and heat map by members that filter sessions or products', () => {
    const offered = new Set(
      targets.flatMap(({ filterConfig }) =>
        filterConfig.filters.map(({ field }: { field: object }) => nameOf(field)),
      ),
    );
    const groups = ['Category', 'Rows', 'Columns', 'Values'];
    for (const { path, json } of visuals) {
      const state = json.visual.query?.queryState ?? {};
      const columns = groups
        .flatMap((role) => state[role]?.projections ?? [])
        .map(({ field }: { field: object }) => fieldsIn(field)[0]!)
        .filter(([kind]) => kind === 'Column')
        .map(([, table, name]) => `${table} ${name}`);
      // Weeks of cohorts and fifths of buyers are not days and members of sessions.
      const isOther = fieldsIn(state).some(([, table]) => ['Buyers', 'Cohorts'].includes(table));
      if (json.visual.visualType !== 'slicer' && columns.length > 0 && !isOther) {
        expect(
          columns.filter((name) => offered.has(name)),
          path,
        ).not.toEqual([]);
      }
    }
  });

  it('has names of filters, parameters and bindings that are unique in the report', () => {
    const names = pages.flatMap(({ json: { pageBinding, filterConfig } }) => [
      ...(pageBinding === undefined ? [] : [pageBinding.name]),
      ...(pageBinding?.parameters ?? []).map((each: { name: string }) => each.name),
      ...(filterConfig?.filters ?? []).map((each: { name: string }) => each.name),
    ]);
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('tooltip pages', () => {
  it('are small, and of the size that they are shown in', () => {
    for (const page of pagesOf('Tooltip')) {
      expect([page.displayOption, page.pageBinding.type]).toEqual(['ActualSize', 'Tooltip']);
      expect(page.width).toBeLessThanOrEqual(440);
      expect(page.height).toBeLessThanOrEqual(320);
    }
  });

  it('are shown on every trend of sessions and orders, and all are used', () => {
    const used = new Map(
      visuals.flatMap(({ json: { name, visual } }) => {
        const [tooltip] = visual.visualContainerObjects.visualTooltip ?? [];
        const { show, type, section } = tooltip?.properties ?? {};
        return tooltip === undefined
          ? []
          : [[name, [show, type, section].map((each) => each.expr.Literal.Value).join(' ')]];
      }),
    );
    const trends = visuals.filter(
      ({ page, json: { visual } }) =>
        visual.visualType === 'lineChart' &&
        page !== 'product-details' &&
        visual.query.queryState.Category.projections[0].queryRef === 'Date.Date',
    );
    expect([...used.keys()].sort()).toEqual(trends.map(({ json }) => json.name).sort());
    expect([...new Set(used.values())].sort()).toEqual(
      pagesOf('Tooltip').map(({ name }) => `true 'Canvas' '${name}'`),
    );
  });
});

describe('the bookmarks', () => {
  const bookmarks = parsed.filter(({ path }) => path.endsWith('.bookmark.json'));
  const withSlicers = [
    ...new Set(
      visuals
        .filter(({ json }) => json.visual.visualType === 'slicer')
        .map(({ page }) => `reset-${page}`),
    ),
  ].sort();

  it('are one for each page with slicers, in one group', () => {
    expect(bookmarks.map(({ json }) => json.name).sort()).toEqual(withSlicers);
    for (const { path, json } of bookmarks) {
      expect(path).toContain(`/definition/bookmarks/${json.name}.bookmark.json`);
    }
    const list = parsed.find(({ path }) => path.endsWith('/bookmarks/bookmarks.json'))!.json;
    expect(list.items.map(({ displayName }: { displayName: string }) => displayName)).toEqual([
      'Reset filters',
    ]);
    expect([...list.items[0].children].sort()).toEqual(withSlicers);
  });

  it('set each slicer of the page back to what it opens with, and nothing else', () => {
    for (const { json } of bookmarks) {
      const { activeSection, sections } = json.explorationState;
      const slicers = visuals.filter(
        ({ page, json: each }) => page === activeSection && each.visual.visualType === 'slicer',
      );
      expect(Object.keys(sections)).toEqual([activeSection]);
      const states = sections[activeSection].visualContainers;
      const names = slicers.map(({ json: each }) => each.name).sort();
      expect(Object.keys(states).sort()).toEqual(names);
      expect([...json.options.targetVisualNames].sort()).toEqual(names);
      for (const { json: slicer } of slicers) {
        const { general, data } = slicer.visual.objects;
        const isRange = data[0].properties.mode.expr.Literal.Value === "'Between'";
        expect(states[slicer.name].singleVisual.objects).toEqual(
          general === undefined
            ? {
                remove: [
                  { object: 'general', property: 'filter' },
                  ...(isRange ? [{ object: 'data', property: 'startDate' }] : []),
                  ...(isRange ? [{ object: 'data', property: 'endDate' }] : []),
                ],
              }
            : { merge: { general } },
        );
      }
    }
  });

  it('are what the button of the page leads to', () => {
    const links = visuals.flatMap(({ page, json }) => {
      const [link] = json.visual.visualContainerObjects.visualLink ?? [];
      return link?.properties.type.expr.Literal.Value === "'Bookmark'"
        ? [[page, link.properties.bookmark.expr.Literal.Value]]
        : [];
    });
    expect(links.map(([page, to]) => [`'reset-${page}'`, to])).toEqual(
      links.map(([, to]) => [to, to]),
    );
    expect(links.map(([page]) => `reset-${page}`).sort()).toEqual(withSlicers);
  });
});

describe('field parameters', () => {
  const uses = visuals.flatMap(({ page, json }) =>
    Object.values(json.visual.query?.queryState ?? {}).flatMap((role: ReadJson) =>
      (role.fieldParameters ?? []).map((use: ReadJson) => ({ page, role, use })),
    ),
  );

  it('replace the first of their fields, which is the one shown until another is chosen', () => {
    expect(uses).toHaveLength(4);
    for (const { role, use } of uses) {
      expect([use.index, use.length]).toEqual([0, 1]);
      const [[, table, name]] = fieldsIn(use.parameterExpr) as [[string, string, string]];
      expect(name).toBe(table);
      const [first] = FIELD_PARAMETERS.find((each) => each.name === table)!.fields;
      expect(nameOf(role.projections[0].field)).toBe(`${first!.table} ${first!.name}`);
    }
  });

  it('have a slicer on the page, with one choice at a time', () => {
    for (const { page, use } of uses) {
      const slicer = visuals.find(
        (each) =>
          each.page === page &&
          each.json.visual.visualType === 'slicer' &&
          each.json.visual.query.queryState.Values.projections[0].queryRef ===
            nameOf(use.parameterExpr).replace(/^(.*) \1$/, '$1.$1'),
      );
      const { strictSingleSelect } = slicer!.json.visual.objects.selection[0].properties;
      expect(strictSingleSelect.expr.Literal.Value).toBe('true');
    }
  });
});
