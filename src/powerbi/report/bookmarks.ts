/** The bookmarks of the report: one for each page with slicers, which sets them back. */
import { jsonFile, type ProjectFile } from '../project-file.ts';
import type { Page } from './page.ts';
import type { Json, Visual } from './visual-json.ts';

const SCHEMAS = 'https://developer.microsoft.com/json-schemas/fabric/item/report/definition';

/** Name of the bookmark that sets the slicers of a page back to how the report opens. */
export function resetBookmark(page: string): string {
  return `reset-${page}`;
}

/** The files under `definition/bookmarks/`. */
export function bookmarkFiles(pages: readonly Page[]): ProjectFile[] {
  const resets = pages
    .map((page) => ({ page, slicers: page.visuals.filter(({ type }) => type === 'slicer') }))
    .filter(({ slicers }) => slicers.length > 0);
  return [
    jsonFile('definition/bookmarks/bookmarks.json', {
      $schema: `${SCHEMAS}/bookmarksMetadata/1.0.0/schema.json`,
      items: [
        {
          name: 'reset-filters',
          displayName: 'Reset filters',
          children: resets.map(({ page }) => resetBookmark(page.name)),
        },
      ],
    }),
    ...resets.map(({ page, slicers }) =>
      jsonFile(
        `definition/bookmarks/${resetBookmark(page.name)}.bookmark.json`,
        bookmarkJson(page, slicers),
      ),
    ),
  ];
}

/** bookmark 2.0.0: earlier ones want a selector with what is removed, which slicers do not have. */
function bookmarkJson(page: Page, slicers: readonly Visual[]): Json {
  return {
    $schema: `${SCHEMAS}/bookmark/2.0.0/schema.json`,
    name: resetBookmark(page.name),
    displayName: `Reset filters: ${page.title}`,
    options: {
      applyOnlyToTargetVisuals: true,
      targetVisualNames: slicers.map(({ name }) => name),
      suppressDisplay: true,
      suppressActiveSection: true,
    },
    explorationState: {
      version: '1.3',
      activeSection: page.name,
      sections: {
        [page.name]: {
          visualContainers: Object.fromEntries(
            slicers.map((slicer) => [
              slicer.name,
              { singleVisual: { visualType: slicer.type, objects: resetOf(slicer) } },
            ]),
          ),
        },
      },
    },
  };
}

/** What the slicer has selected when the report opens; without a selection it shows everything. */
function resetOf({ objects, isRange = false }: Visual): Json {
  if (objects?.general !== undefined) {
    return { merge: { general: objects.general } };
  }
  return {
    remove: [
      { object: 'general', property: 'filter' },
      ...(isRange ? ['startDate', 'endDate'] : []).map((property) => ({
        object: 'data',
        property,
      })),
    ],
  };
}
