/** The layout of the report's pages on phones. */
import { describe, expect, it } from 'vitest';
import { makeProject } from '../fixtures/powerbi/project.ts';
import { areApart, pageOf, readReport } from '../fixtures/powerbi/report.ts';

/** Of the canvas for phones [pixels]. */
const WIDTH = 324;

const { parsed, pages, visuals } = readReport(makeProject());
const mobile = parsed
  .filter(({ path }) => path.endsWith('/mobile.json'))
  .map(({ path, json }) => ({
    page: pageOf(path),
    name: /visuals\/([^/]+)\//.exec(path)![1]!,
    place: json.position,
    objects: json.objects,
  }));
const shown = pages.filter(({ json }) => json.type !== 'Tooltip').map(({ json }) => json.name);

describe('on a phone', () => {
  it('every page but tooltips has all of its visuals', () => {
    const names = mobile.map(({ page, name }) => `${page} ${name}`).sort();
    expect(names).toEqual(
      visuals
        .filter(({ page }) => shown.includes(page))
        .map(({ page, json }) => `${page} ${json.name}`)
        .sort(),
    );
  });

  it.each(shown)(
    '%s has them in the order of the page, within its width, none over another',
    (page) => {
      const places = mobile.filter((each) => each.page === page);
      const byTab = [...places].sort((a, b) => a.place.tabOrder - b.place.tabOrder);
      expect(byTab.map(({ name }) => name)).toEqual(
        visuals
          .filter((each) => each.page === page)
          .sort((a, b) => a.json.position.tabOrder - b.json.position.tabOrder)
          .map(({ json }) => json.name),
      );
      for (const [index, { name, place }] of byTab.entries()) {
        expect(place.x >= 0 && place.x + place.width <= WIDTH, name).toBe(true);
        expect(place.y, name).toBeGreaterThanOrEqual(byTab[index - 1]?.place.y ?? 0);
        for (const other of byTab.slice(index + 1)) {
          expect(areApart(place, other.place), `${name} and ${other.name}`).toBe(true);
        }
      }
    },
  );

  it('cards have smaller type, for names that fit half of the width', () => {
    const sizeOf = (object: { properties: object }[]) =>
      JSON.stringify(object[0]!.properties).match(/"(\d+)D"/)![1];
    const sizes = visuals
      .filter(({ page, json }) => shown.includes(page) && json.visual.visualType === 'cardVisual')
      .map(({ page, json }) => mobile.find((each) => each.page === page && each.name === json.name))
      .map((card) => [sizeOf(card!.objects.value), sizeOf(card!.objects.label)].join(' '));
    expect(new Set(sizes)).toEqual(new Set(['14 8']));
  });
});
